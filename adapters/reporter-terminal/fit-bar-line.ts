/** What the line of a running task shows, in plain text. */
export interface BarParts {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  /** Rate and remaining time; empty when unknown. */
  readonly pace: string;
  readonly note: string;
}

/** Paints a part of the line; it must not change its length on the screen. */
export type BarPaint = (part: 'label' | 'bar', text: string) => string;

const LABEL_COLUMNS = 12;
const LONGEST_BAR = 24;
const SHORTEST_BAR = 6;

/**
 * The line of a running task, in at most `columns` columns. Where there is little room the note goes first, then the
 * pace, then the bar; label and counts stay as long as they fit, because a count that lost a digit is a wrong one.
 */
export function fitBarLine(parts: BarParts, columns: number, paint: BarPaint = (_part, text) => text): string {
  const { done, total, unit, pace, note } = parts;
  const counts = `${done}/${total} ${unit}`;
  const label = parts.label.padEnd(LABEL_COLUMNS);
  let left = columns - label.length - 1 - counts.length;
  if (left < 0) return [counts, `${done}/${total}`].find(({ length }) => length <= columns) ?? '';
  const take = (text: string, least: number): string => {
    if (text === '' || left < least + 2) return '';
    const taken = text.slice(0, left - 2);
    left -= taken.length + 2;
    return `  ${taken}`;
  };
  const bar = Math.min(LONGEST_BAR, left - 1 - (pace === '' ? 0 : pace.length + 2));
  const shownBar = bar < SHORTEST_BAR ? '' : `${paint('bar', drawBar(done, total, bar))} `;
  if (shownBar !== '') left -= bar + 1;
  // A pace that is cut says another one.
  const shownPace = take(pace, pace.length);
  return `${paint('label', label)} ${shownBar}${counts}${shownPace}${take(note, SHORTEST_BAR)}`;
}

function drawBar(done: number, total: number, length: number): string {
  const share = total <= 0 ? 0 : Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * length);
  return '█'.repeat(full) + '░'.repeat(length - full);
}

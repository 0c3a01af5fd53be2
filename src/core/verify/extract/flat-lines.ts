import type { MathSpan } from './boxes.ts';

/**
 * A text in lines that are read one by one: formulas, environments and braces that run over several lines are put on
 * one, displays in single dollar signs; dollar signs that are currency marks are written `\$`. Linear time.
 */
export function flattenFormulas(text: string, formulas: readonly MathSpan[]): string {
  let flat = '';
  let from = 0;
  for (const { at, end, content } of formulas) {
    if (at < from) continue;
    flat += `${flattenProse(text.slice(from, at))}$${joinLines(content)}$`;
    from = end;
  }
  return flat + flattenProse(text.slice(from));
}

/** A dollar sign outside of formulas is a currency mark. */
function flattenProse(text: string): string {
  return flattenEnvironments(text.includes('$') ? text.replace(/(?<!\\)\$/g, '\\$') : text);
}

function joinLines(text: string): string {
  return text.includes('\n') ? text.replaceAll('\n', ' ') : text;
}

/** Line breaks inside `\begin{pmatrix} … \end{pmatrix}` and inside braces are blanks. */
function flattenEnvironments(text: string): string {
  if (!text.includes('\n') || !(text.includes('{') || text.includes('\\begin'))) return text;
  let flat = '';
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '\\') {
      if (text.startsWith('\\begin', at)) depth += 1;
      if (text.startsWith('\\end', at)) depth = Math.max(0, depth - 1);
      flat += char + (text[at + 1] ?? '');
      at += 1;
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth = Math.max(0, depth - 1);
      flat += char === '\n' && depth > 0 && text[at + 1] !== '\n' ? ' ' : char;
    }
  }
  return flat;
}

/** A line without what marks it: bullets, numbers of a list, headings, quotations. */
export function stripLineMarks(line: string): string {
  let at = 0;
  for (;;) {
    const mark = LINE_MARK.exec(line.slice(at, at + 12));
    if (mark === null || mark[0] === '') return line.slice(at).trim();
    at += mark[0].length;
  }
}

/** A dash may be a sign and an angle a relation: they are marks where words follow. */
const LINE_MARK =
  /^(?:\s{1,12}|[*•#]{1,6}[ \t]|[->][ \t](?=[*_"']{0,3}[A-Za-z\u0080-\uffff]{2})|\d{1,3}[.)][ \t](?=[*_"']{0,3}[A-Za-z\u0080-\uffff]))/;

/** Sentences of one line, without their full stops; formulas in dollar signs are passed over as wholes. */
export function splitSentences(line: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  let inFormula = false;
  const cut = (end: number, next: number) => {
    sentences.push(line.slice(from, end));
    from = next;
  };
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at]!;
    if (char === '\\') at += 1;
    else if (char === '$') {
      inFormula = !inFormula && line.indexOf('$', at + 1) > 0;
      if (!inFormula && BEHIND_FORMULA.test(line.slice(at + 1, at + 6))) cut(at + 1, at + 1);
    } else if (inFormula || !BOUNDARIES.includes(char)) continue;
    else if (isSentenceEnd(line, at)) cut(QUESTION.includes(char) ? at + 1 : at, at + 1);
    else if (CONCLUSION.test(line.slice(at, at + 14))) cut(at, at);
  }
  sentences.push(line.slice(from));
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '');
}

/** Characters at which a sentence may end, or its conclusion begin. */
const BOUNDARIES = '.?!。！？।,;因所故इ';

/** A question states nothing: its mark stays, and nobody can read it. */
const QUESTION = '?？';

/** A formula at the end of a sentence often has no full stop behind it. */
const BEHIND_FORMULA = /^\s[A-ZÀ-ÞА-Я][a-zß-ÿа-я]/;

/** Words with which the conclusion of a sentence begins. */
const CONCLUSION = /^(?:因此|所以|故此|इसलिए|[,;] (?:so|thus|hence|therefore|which means) )/i;

/** Words that are cut short before a number, and before a name. */
const CUT_SHORT =
  /(?<![A-Za-z])(?:neg|pos|approx|ca|no|nr|fig|eq|abs|max|min|avg|est|vs|resp|incl|excl|sq|cu|tab|ch|pp|vol|e\.g|i\.e)$/i;
const TITLES = /(?<![A-Za-z])(?:Dr|Mr|Mrs|Ms|Prof|St)$/;

/** Whether the full stop at a place cuts a word short and ends no sentence: "neg. 5", "Dr. Lee". */
export function isAbbreviated(line: string, at: number): boolean {
  const before = line.slice(Math.max(0, at - 8), at);
  const next = line.slice(at + 1, at + 3);
  return (CUT_SHORT.test(before) && /^ ?[\d$\\+-]/.test(next)) || (TITLES.test(before) && /^ [A-Z]/.test(next));
}

/** Whether a mark ends its sentence: a stop behind which a capital, a sign or nothing follows. */
function isSentenceEnd(line: string, at: number): boolean {
  const char = line[at]!;
  if (char === '。' || char === '！' || char === '？' || char === '।') return true;
  if (char === '!')
    return (
      /[A-Za-z\u0080-\uffff]{2}$/.test(line.slice(Math.max(0, at - 2), at)) &&
      /^(?:\s|$)/.test(line.slice(at + 1, at + 2))
    );
  if (char === '.' && isAbbreviated(line, at)) return false;
  if (char !== '.' && (char !== '?' || line[at - 1] === ' ')) return false;
  return /^[*_"')\]]{0,3}(?:\s{1,3}[^\sa-zß-ÿа-я]|\s{0,3}$)/.test(line.slice(at + 1, at + 8));
}

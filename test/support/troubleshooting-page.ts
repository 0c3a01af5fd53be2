import { readFileSync } from 'node:fs';

/** The symptoms that docs/troubleshooting.md tells of, and how they are found in what the program says. */

const PAGE = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');

/** The first cells of the table below a line of the page that begins so, without their backticks. Throws when there is none. */
export function listSymptoms(beginning: string): string[] {
  const start = `\n${PAGE}`.indexOf(`\n${beginning}`);
  if (start < 0) throw new Error(`the page has no line that begins with "${beginning}"`);
  const table = PAGE.indexOf('\n|', start);
  const end = PAGE.indexOf('\n\n', table);
  const rows = PAGE.slice(table, end < 0 ? PAGE.length : end);
  return [...rows.matchAll(/^\| `([^`\n]+)` \|/gm)].map(([, symptom]) => symptom!);
}

/** `…` is whatever differs. */
export function toPattern(symptom: string): RegExp {
  const parts = symptom.split('…').map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*'), 's');
}

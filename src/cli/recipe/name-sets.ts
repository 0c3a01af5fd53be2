import { basename } from 'node:path';

/** An evaluation set as the configuration takes it. */
export interface NamedSet {
  readonly name: string;
  readonly problems: string;
}

/**
 * Sets of an evaluation from what was typed after --problems, each under the name of its set or file: `gsm8k/test`
 * becomes gsm8k-test, `data/my sums.jsonl` my-sums. A name that is there already gets a number.
 */
export function nameSets(references: readonly string[]): NamedSet[] {
  const taken = new Set<string>();
  return references.map((problems) => {
    const stem = toName(problems);
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    return { name, problems };
  });
}

/** Longest name; a number may follow. */
const MAX_NAME_CHARS = 100;

/** Letters, digits, ".", "_" and "-" of it, as names of sets must be. */
function toName(reference: string): string {
  const isFile = reference.endsWith('.jsonl');
  const plain = (isFile ? basename(reference, '.jsonl') : reference).replaceAll(/[^\p{L}\p{N}._-]/gu, '-');
  const name = plain.replace(/^[._-]+/, '').slice(0, MAX_NAME_CHARS);
  return name === '' ? 'problems' : name;
}

import { createHash } from 'node:crypto';
import type { Connection } from './connection.ts';
import { decodeIds, encodeIds } from './piece-codec.ts';

/** Prompts as token ids, stored once each: the attempts of a group all begin with the same one. */
export interface EncodedPrompts {
  /** Key of the row, made when missing. Inside a write transaction only. */
  keyOf(ids: readonly number[]): number;
  get(key: number): readonly number[];
}

export function openEncodedPrompts({ db, onUndone }: Connection): EncodedPrompts {
  const insert = db.prepare('INSERT INTO encoded_prompts (digest, tokens, ids) VALUES (?, ?, ?)');
  const find = db.prepare<[Buffer], number>('SELECT key FROM encoded_prompts WHERE digest = ?').pluck();
  const select = db.prepare<[number], Buffer>('SELECT ids FROM encoded_prompts WHERE key = ?').pluck();
  let keys = new WeakMap<readonly number[], number>();
  onUndone(() => {
    keys = new WeakMap();
  });

  const lookUp = (ids: readonly number[]): number => {
    const bytes = encodeIds(ids);
    const digest = createHash('sha256').update(bytes).digest();
    return find.get(digest) ?? Number(insert.run(digest, ids.length, bytes).lastInsertRowid);
  };

  return {
    keyOf: (ids) => {
      const known = keys.get(ids);
      if (known !== undefined) return known;
      const key = lookUp(ids);
      keys.set(ids, key);
      return key;
    },
    get: (key) => decodeIds(select.get(key)!),
  };
}

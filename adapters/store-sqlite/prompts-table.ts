import type { PromptRecord, RunStore } from '../../src/ports/run-store.ts';
import type { Connection } from './connection.ts';

type PromptMethods = Pick<RunStore, 'savePrompt' | 'listPrompts'>;

/** Prompt templates by hash, and which run used which in what role. */
export function openPromptsTable(connection: Connection): PromptMethods {
  const { db } = connection;
  const insertPrompt = db.prepare('INSERT INTO prompts VALUES (?, ?) ON CONFLICT DO NOTHING');
  const insertUse = db.prepare(`INSERT INTO run_prompts (run_id, role, hash, name) VALUES (?, ?, ?, ?)
    ON CONFLICT (run_id, role, hash) DO UPDATE SET name = excluded.name`);
  const selectUses = db.prepare<[string], PromptRecord & { readonly role: string }>(`SELECT role, hash, name, text
    FROM run_prompts JOIN prompts USING (hash) WHERE run_id = ? ORDER BY run_prompts.id`);
  return {
    savePrompt: (runId, role, { hash, name, text }) =>
      connection.write(() => {
        insertPrompt.run(hash, text);
        insertUse.run(runId, role, hash, name);
      }),
    listPrompts: (runId) => connection.read(() => selectUses.all(runId)),
  };
}

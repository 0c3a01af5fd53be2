import { Deadlines } from '../../edge/waiting.ts';
import { EngineError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Engine } from '../../ports/engine.ts';

/** Longest wait for the list of models. */
const LIST_MS = 10_000;

/** The context of a model in tokens, prompt and answer together; null where its server does not tell. */
export async function findContext(
  { engine, clock, signal }: { readonly engine: Engine; readonly clock: Clock; readonly signal: AbortSignal },
  model: string,
): Promise<number | null> {
  const deadlines = new Deadlines({ clock, ms: LIST_MS, who: 'the list of models' });
  try {
    const models = await deadlines.run(signal, (own) => engine.listModels(own));
    return models.find(({ id }) => id === model)?.maxLength ?? null;
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

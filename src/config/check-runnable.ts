import type { ConfigFault } from './explain-issues.ts';
import type { RunConfig } from './schema.ts';

/**
 * What a valid configuration still lacks to be run: the addresses of engine, trainer and teacher,
 * which no preset can know. Empty when it can start. `describeConfigFault` gives the lines.
 */
export function checkRunnable(config: RunConfig): ConfigFault[] {
  return [...checkEngine(config), ...checkTrainer(config), ...checkTeachers(config)];
}

/** `key.path: what is wrong` */
export function describeConfigFault({ path, message }: ConfigFault): string {
  return `${path.join('.')}: ${message}`;
}

function checkEngine({ engine }: RunConfig): ConfigFault[] {
  if (engine.kind === 'embedded' || engine.urls.length > 0) return [];
  const message = `is empty: give the URL of the ${engine.kind} server that serves ${engine.model} (--engine URL), or use --preset embedded`;
  return [{ path: ['engine', 'urls'], message }];
}

/** The embedded trainer trains the embedded model only, and only the server that trains it can serve it. */
function checkTrainer({ engine, trainer, stages }: RunConfig): ConfigFault[] {
  const isTrained = stages.some(({ kind }) => kind !== 'cold-start');
  const isEmbeddedHere = engine.kind === 'embedded' && engine.urls.length === 0;
  if (!isTrained || (trainer.url === null) === isEmbeddedHere) return [];
  const message =
    trainer.url === null
      ? 'is missing: give the URL of the Tinker-API trainer that trains the model of this engine (--trainer URL)'
      : 'is set, but the engine is the embedded one, which this trainer does not train: name the engine too (--engine URL), or leave the trainer out';
  return [{ path: ['trainer', 'url'], message }];
}

/** The run's own engine serves the student, so another model needs a server of its own. */
function checkTeachers({ engine, stages }: RunConfig): ConfigFault[] {
  if (engine.kind === 'embedded') return [];
  return stages.flatMap((stage, index): ConfigFault[] => {
    if (stage.kind !== 'cold-start' || stage.teacher.url !== null || stage.teacher.model === engine.model) return [];
    const message = `is missing: give the URL that serves ${stage.teacher.model} (--set stages.${index}.teacher.url=URL), or set teacher.model to ${engine.model}`;
    return [{ path: ['stages', index, 'teacher', 'url'], message }];
  });
}

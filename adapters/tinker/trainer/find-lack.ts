import type { TrainerLack, TrainerNeeds } from '../../../src/ports/trainer.ts';
import type { Profile } from './profile.ts';

/** What a run needs and no trainer of these profiles has; null where one of them may have it all. */
export function findLack(profiles: readonly Profile[], needs: TrainerNeeds): TrainerLack | null {
  const lacks = profiles.map((profile) => findLackOf(profile, needs));
  const missed = lacks.filter((lack) => lack !== null);
  return missed.length === lacks.length ? missed[0]! : null;
}

function findLackOf({ name, losses, trains }: Profile, { model, losses: wanted }: TrainerNeeds): TrainerLack | null {
  const isWhole = model.rank === 0;
  if (isWhole && trains === 'adapters') {
    const message = `is 0 (all weights), but trainer profile ${name} trains LoRA adapters only; set a rank of 1 or more`;
    return { key: 'trainer.lora.rank', message };
  }
  if (!isWhole && trains === 'all-weights') {
    const message = `is ${model.rank}, but trainer profile ${name} trains all weights of a model only; set it to 0`;
    return { key: 'trainer.lora.rank', message };
  }
  const refused = wanted.find(({ loss }) => !losses.includes(loss));
  if (refused === undefined) return null;
  const message = `is ${refused.loss}, which trainer profile ${name} does not compute; it computes ${losses.join(', ')}`;
  return { key: `stages.${refused.stageId}.loss`, message };
}

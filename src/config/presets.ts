import { embeddedMixedPreset, embeddedPreset } from './presets/embedded.ts';
import {
  parallelPreset,
  scaffoldPreset,
  seenPreset,
  sequentialPreset,
  unseenS1Preset,
  unseenS2Preset,
} from './presets/paper.ts';
import type { RunConfig } from './schema.ts';

/** Complete configurations by name: plain data that a file and flags are laid over. */
export const PRESETS = {
  embedded: embeddedPreset,
  'embedded-mixed': embeddedMixedPreset,
  parallel: parallelPreset,
  seen: seenPreset,
  'unseen-s1': unseenS1Preset,
  'unseen-s2': unseenS2Preset,
  scaffold: scaffoldPreset,
  sequential: sequentialPreset,
} as const satisfies Readonly<Record<string, RunConfig>>;

export type PresetName = keyof typeof PRESETS;

/** The preset of a run that names neither a preset nor a file. */
export const DEFAULT_PRESET: PresetName = 'embedded';

/** Names in the order they are shown. */
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** Whether a preset has that name. */
export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

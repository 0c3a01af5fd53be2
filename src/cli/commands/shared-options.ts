import { PRESET_NAMES } from '../../config/presets.ts';
import { count, decimal, flag, forKey, many, type OptionTable, one, text, url, type ValuesOf } from '../options.ts';

/** Options that several commands share, as tables to spread into theirs. */

/** Where the keys of every stage of a kind are. */
export const COLD_START = 'stages.kind=cold-start';
export const SFT = 'stages.kind=sft';
export const RL = 'stages.kind=rl';

/** Of every command that reaches servers: which recipe, and where engine and trainer are. */
export const SERVER_OPTIONS = {
  preset: one(`recipe: ${PRESET_NAMES.join(', ')}; default: embedded, or parallel with --engine`, text),
  engine: forKey(
    'engine.urls',
    one('inference server, for instance http://127.0.0.1:8000/v1 (vLLM); default: the embedded one', url),
  ),
  trainer: forKey(
    'trainer.url',
    one('Tinker-API trainer, for instance http://127.0.0.1:8001; default: the embedded one', url),
  ),
  model: forKey('engine.model', one('model as the server names it', text)),
  seed: forKey('run.seed', one('every seed of the run derives from it', count())),
} satisfies OptionTable;

/** Of every command that starts a run. */
export const RECIPE_OPTIONS = {
  ...SERVER_OPTIONS,
  quick: flag('a small version: the embedded model learns sums of two numbers; others make a few steps of each stage'),
  'dry-run': flag('print the resolved configuration and what would be done'),
} satisfies OptionTable;

/** Who teaches, and what. */
export const TEACHER_OPTIONS = {
  problems: forKey(
    `${COLD_START}.problems`,
    one('JSONL file of {problem, answer}, or a set in a datasets folder; default: those of the recipe', text),
  ),
  teacher: forKey(
    `${COLD_START}.teacher.url`,
    many('URL of the teacher, once per server. Without --engine, lengths are guessed', url, 'the engine'),
    (urls) => (urls.length === 1 ? urls[0] : urls),
  ),
  'teacher-model': forKey(`${COLD_START}.teacher.model`, one('model of the teacher', text)),
} satisfies OptionTable;

/** How far a cold start goes. */
export const BUDGET_OPTIONS = {
  'budget-tokens': forKey(
    `${COLD_START}.budgetTokens`,
    one('stop once prompts and answers have taken this many tokens; resume --budget-tokens MORE goes on', count(1)),
  ),
  'budget-usd': forKey(
    `${COLD_START}.budgetUsd`,
    one('stop once they have cost this many US dollars, by teacher.prices of the configuration', decimal(0.01)),
  ),
} satisfies OptionTable;

/** What `SERVER_OPTIONS` parses to. */
export type ServerValues = ValuesOf<typeof SERVER_OPTIONS>;

/** What `RECIPE_OPTIONS` parses to. */
export type RecipeValues = ValuesOf<typeof RECIPE_OPTIONS>;

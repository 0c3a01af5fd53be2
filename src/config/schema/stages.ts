import * as z from 'zod';
import { isDataFile, isPlainObject } from '../draft.ts';
import { apiKeyVariable, nonBlank, serverUrl, shortName, tokenCount, wholeNumber } from './fields.ts';
import { accuracyTarget, evalSets, gate, problemsField } from './problems.ts';
import { adamField, advantageSchema, rewardSchema, rlLossSchema, scheduleSchema } from './training.ts';

/** The stages of a curriculum. Field names and meanings are those of src/core/curriculum.ts. */

const MAX_STEPS = 1_000_000;

const id = shortName().meta({
  description: 'Name of the stage; default: its kind, numbered when there are several',
  isFilledIn: true,
});
const saveEvery = wholeNumber(1, MAX_STEPS)
  .default(10)
  .describe('Steps between saved states; a resumed run goes back to the last');

const coldStart = z
  .strictObject({
    id,
    kind: z.literal('cold-start'),
    problems: problemsField(),
    teacher: z
      .strictObject({
        url: z
          .union([serverUrl(), z.array(serverUrl()).min(1).max(64)], {
            error: 'must be a URL such as http://127.0.0.1:8000/v1, or a list of them',
          })
          .nullable()
          .default(null)
          .describe("Base URL of the teacher, or a list of servers of the same model; null: the run's own engine"),
        kind: z
          .enum(['vllm', 'tgi', 'sglang', 'openai'])
          .default('openai')
          .describe('Dialect of its servers; vllm and sglang also report how busy they are'),
        maxInFlight: wholeNumber(1, 65_536)
          .nullable()
          .default(null)
          .describe('Most calls to the teacher at once, all servers together; null: engine.maxInFlight'),
        prices: z
          .strictObject({
            promptPerMillion: z.number().min(0).max(1_000_000).describe('US dollars per million prompt tokens'),
            completionPerMillion: z.number().min(0).max(1_000_000).describe('US dollars per million answer tokens'),
          })
          .nullable()
          .default(null)
          .describe('What it charges; null: not known'),
        model: nonBlank().describe('Name of the teacher as its server knows it'),
        temperature: z.number().min(0).max(10).default(0.6).describe('Sampling of the teacher'),
        topP: z.number().gt(0).max(1).default(0.95).describe('Sampling of the teacher'),
        maxTokens: tokenCount().default(16_384).describe('Longest answer, thinking included'),
        apiKeyEnv: apiKeyVariable(),
      })
      .describe('Who writes the solutions'),
    method: z
      .enum(['prompt', 'annotate'])
      .default('prompt')
      .describe(
        'prompt: the teacher writes blocks right away; annotate: it puts blocks into its own verified solution',
      ),
    prompt: nonBlank()
      .default('parallel-teacher.v1')
      .describe('Template for the teacher: a name in prompts/, or a file'),
    solutionPrompt: nonBlank().default('sequential.v1').describe('Template of annotate for the solution to start from'),
    annotatePrompt: nonBlank().default('annotate.v1').describe('Template of annotate for putting blocks into it'),
    limit: wholeNumber(1, 100_000_000)
      .nullable()
      .default(null)
      .describe('How many problems to take, of all sets together; null: all'),
    samplesPerProblem: wholeNumber(1, 1024).default(1).describe('Answers asked per problem'),
    retries: wholeNumber(0, 1024)
      .default(0)
      .describe('Further rounds of answers, with other seeds, for problems without an accepted one'),
    retryTemperature: z
      .number()
      .min(0)
      .max(10)
      .nullable()
      .default(null)
      .describe("Sampling of these rounds; null: the teacher's temperature"),
    budgetTokens: wholeNumber(1, 999_999_999_999)
      .nullable()
      .default(null)
      .describe('Stop once prompts and answers have taken this many tokens; resume with more to go on; null: no limit'),
    budgetUsd: z
      .number()
      .gt(0)
      .max(1_000_000_000)
      .nullable()
      .default(null)
      .describe(
        'Stop once they have cost this many US dollars by teacher.prices; resume with more to go on; null: no limit',
      ),
    keep: z
      .enum(['first', 'shortest', 'diverse'])
      .default('first')
      .describe('Which accepted answers of a problem become rows; diverse: those whose paths differ most'),
    rowsPerProblem: wholeNumber(1, 1024)
      .default(1)
      .describe('Accepted answers of one problem that become rows, at most'),
    minBlocks: wholeNumber(0, 256)
      .default(1)
      .describe('Answers with fewer parallel blocks are rejected; 0 takes sequential ones too'),
    maxTargetTokens: tokenCount().default(4096).describe('Prompt and target together'),
  })
  .superRefine(({ budgetUsd, teacher }, ctx) => {
    if (budgetUsd === null || teacher.prices !== null) return;
    const message =
      'needs the prices of the teacher: set teacher.prices, for instance to {promptPerMillion: 0.5, completionPerMillion: 2}';
    ctx.addIssue({ code: 'custom', path: ['budgetUsd'], message });
  });

const until = z
  .strictObject({
    everySteps: wholeNumber(1, MAX_STEPS).describe('Steps between checks'),
    fromStep: wholeNumber(1, MAX_STEPS).default(1).describe('First check'),
    targets: z.array(accuracyTarget).min(1, { error: 'must name at least one' }).describe('All must be met'),
  })
  .nullable()
  .default(null)
  .describe('End early when every target is met; null: never');

const sft = z.strictObject({
  id,
  kind: z.literal('sft'),
  data: nonBlank().meta({
    description:
      'Id of the cold-start stage whose rows are trained on (default: the last one before), a JSONL file, or run:ID for those of another run',
    isFilledIn: true,
  }),
  stripTags: z
    .boolean()
    .default(false)
    .describe(
      'Train on the rows without their tags, each as one sequence: the control that has the text but no blocks',
    ),
  maxSteps: wholeNumber(1, MAX_STEPS).default(MAX_STEPS).describe('At most so many steps'),
  epochs: wholeNumber(1, 10_000)
    .nullable()
    .default(1)
    .describe('Passes over the rows; null: as many as maxSteps takes'),
  batchSize: wholeNumber(1, 65_536).default(128).describe('Rows per step'),
  adam: adamField({ learningRate: 1e-5, beta2: 0.95 }),
  schedule: scheduleSchema.prefault({ kind: 'cosine' }).describe('Learning rate over the steps'),
  until,
  saveEvery: saveEvery.prefault(50),
});

const rl = z
  .strictObject({
    id,
    kind: z.literal('rl'),
    problems: problemsField(),
    steps: wholeNumber(1, MAX_STEPS).describe('Rounds of rollout and update'),
    batchSize: wholeNumber(1, 65_536).describe('Problems per step'),
    groupSize: wholeNumber(2, 1024).default(8).describe('Rollouts per problem'),
    minibatches: wholeNumber(1, 65_536).default(1).describe('Optimizer updates per step'),
    adam: adamField({ learningRate: 1e-6, beta2: 0.999 }),
    schedule: scheduleSchema.prefault({ kind: 'constant' }).describe('Learning rate over the steps'),
    reward: rewardSchema.prefault('accuracy'),
    loss: rlLossSchema.prefault({ kind: 'ppo' }).describe('Policy loss'),
    advantage: advantageSchema.prefault({}).describe('From rewards to advantages'),
    scaleByInformative: wholeNumber(1, MAX_STEPS)
      .nullable()
      .default(null)
      .describe('Learning rate is multiplied by min(1, informative sequences / this); null: it is not'),
    gate: gate.nullable().default(null).describe('Pilot that must be passed before the first step; null: none'),
    keepOptimizer: z.boolean().default(false).describe('Carry moments over from the stage before'),
    saveEvery,
    evalEvery: wholeNumber(0, MAX_STEPS)
      .default(0)
      .describe('Steps between evaluations; 0: only before the first and after the last'),
  })
  .superRefine(({ minibatches, batchSize, groupSize }, ctx) => {
    if (minibatches <= batchSize * groupSize) return;
    const message = `is ${minibatches}, more than the ${batchSize * groupSize} rollouts of a step`;
    ctx.addIssue({ code: 'custom', path: ['minibatches'], message });
  });

const evaluation = z.strictObject({
  id,
  kind: z.literal('eval'),
  sets: evalSets.min(1, { error: 'must name at least one' }).describe('What is measured'),
});

/** Fills in what follows from a stage's place in the list: its id, and the data of an SFT stage. */
function completeStages(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  let lastColdStart: unknown;
  return value.map((stage: unknown, index) => {
    if (!isPlainObject(stage)) return stage;
    const complete: Record<string, unknown> = { ...stage, id: stage.id ?? nameStage(value, index, stage.kind) };
    if (complete.kind === 'cold-start') lastColdStart = complete.id;
    if (complete.kind !== 'sft' || complete.data !== undefined || lastColdStart === undefined) return complete;
    return { ...complete, data: lastColdStart };
  });
}

function nameStage(stages: readonly unknown[], index: number, kind: unknown): unknown {
  const isSameKind = (stage: unknown) => isPlainObject(stage) && stage.kind === kind;
  if (stages.filter(isSameKind).length < 2) return kind;
  return `${String(kind)}-${stages.slice(0, index + 1).filter(isSameKind).length}`;
}

/** Ids are unique, and SFT data comes from an earlier cold-start stage. Runs on lists with other faults too, so that all are reported at once. */
function checkOrder(
  stages: readonly unknown[],
  ctx: { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void },
): void {
  if (!Array.isArray(stages)) return;
  const coldStarts: unknown[] = [];
  const seen = new Set<unknown>();
  stages.forEach((stage: unknown, index) => {
    if (!isPlainObject(stage)) return;
    if (typeof stage.id === 'string' && seen.has(stage.id)) {
      ctx.addIssue({
        code: 'custom',
        path: [index, 'id'],
        message: `"${stage.id}" is already the id of another stage`,
      });
    }
    seen.add(stage.id);
    if (stage.kind === 'cold-start') coldStarts.push(stage.id);
    const { data } = stage;
    if (stage.kind !== 'sft' || typeof data !== 'string' || coldStarts.includes(data)) return;
    if (isDataFile(data) || data.startsWith('run:')) return;
    const known = coldStarts.length === 0 ? 'there is none' : `known: ${coldStarts.join(', ')}`;
    const message = `"${data}" is not a cold-start stage before this one (${known}), nor a .jsonl file, nor run:ID`;
    ctx.addIssue({ code: 'custom', path: [index, 'data'], message });
  });
}

/** The curriculum: its stages in order. */
export const stagesSchema = z.preprocess(
  completeStages,
  z
    .array(z.discriminatedUnion('kind', [coldStart, sft, rl, evaluation]))
    .min(1, { error: 'must name at least one stage' })
    .max(100)
    .superRefine(checkOrder, { when: () => true })
    .describe('The curriculum, stage after stage; write it out or start from a preset (preset: embedded)'),
);

import { stripThinking } from '../../core/canonicalise.ts';
import { type ColdStartStage, listTeacherUrls } from '../../core/curriculum.ts';
import { TAGS } from '../../core/grammar.ts';
import type { Problem } from '../../core/problem.ts';
import { hashSeed } from '../../core/rng.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import { attemptProblem } from '../cold-start/attempt-problem.ts';
import { type CheckLength, createLengthCheck } from '../cold-start/check-length.ts';
import { createAnswerFit } from '../cold-start/fit-answer.ts';
import type { RunContext } from '../context.ts';
import { FORGETFUL } from '../rollout/answer-log.ts';
import type { Finding, Probe } from './diagnose-tokens.ts';

/** A line with all tags, for the teacher to repeat. */
const ECHO = '<Parallel><Path>one</Path><Path>two</Path></Parallel><Summary>three</Summary>';

/** Enough for a thinking model to repeat a line. */
const ECHO_TOKENS = 2048;

/** Probes the teacher of a cold-start stage: its model and context, whether tags come through, one real problem. */
export async function diagnoseTeacher(ctx: RunContext, stage: ColdStartStage, probe: Probe): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (listTeacherUrls(stage.teacher).length > 0) {
    const fix = `correct stages.${stage.id}.teacher.url and .model`;
    // Without it everything else would only fail again, after all its retries.
    if (!(await probe('teacher', fix, () => findTeacher(ctx, stage)))) return findings;
  }
  if (ctx.engine.kind !== 'embedded' || listTeacherUrls(stage.teacher).length > 0) {
    await probe('teacher', 'serve the teacher without stripping special tokens', () => checkEcho(ctx, stage));
  }
  await probe('teacher', 'look at the raw answer with generate --preview 1', async () => {
    const { problem, attempt } = await tryProblem(ctx, stage);
    findings.push(describeThinking(attempt));
    return describeAttempt(problem, attempt);
  });
  return findings;
}

async function findTeacher(ctx: RunContext, stage: ColdStartStage): Promise<string> {
  const { engine } = ctx.teacherOf(stage);
  const { model, maxTokens } = stage.teacher;
  const models = await engine.listModels(ctx.signal);
  const found = models.find(({ id }) => id === model);
  if (found === undefined) {
    throw new ParallelR1Error(
      `${engine.url} serves ${models.map(({ id }) => id).join(', ') || 'no model'}, not ${model}`,
    );
  }
  if (found.maxLength !== null && found.maxLength <= maxTokens) {
    throw new ParallelR1Error(
      `${model} takes ${found.maxLength} tokens, which leaves no room for a prompt beside teacher.maxTokens ${maxTokens}`,
    );
  }
  return `${model}, ${found.maxLength ?? 'unknown'} tokens`;
}

/** Tags that are special tokens vanish from the text of a server that skips these. */
async function checkEcho(ctx: RunContext, stage: ColdStartStage): Promise<string> {
  const { engine, calls } = ctx.teacherOf(stage);
  const prompt = `Repeat the following line exactly, and write nothing else:\n${ECHO}`;
  const request = {
    model: stage.teacher.model,
    prompt,
    n: 1,
    maxTokens: ECHO_TOKENS,
    temperature: 0,
    topP: 1,
    seed: hashSeed(ctx.plan.seed, 'echo'),
  };
  const [answer] = await calls.run((own) => engine.chat(request, own), ctx.signal);
  const { content } = stripThinking(answer!.content);
  const missing = TAGS.filter((tag) => !content.includes(tag));
  if (missing.length === 0) return 'tags come back as they were sent';
  const words = ['one', 'two', 'three'].every((word) => content.includes(word));
  if (words) throw new ParallelR1Error(`asked to repeat a line, it left out ${missing.join(' ')}`);
  return 'whether tags come back is not known: it did not repeat the line it was asked to';
}

async function tryProblem(
  ctx: RunContext,
  stage: ColdStartStage,
): Promise<{ readonly problem: Problem; readonly attempt: AttemptRecord }> {
  for await (const problem of ctx.readProblems(stage.problems)) {
    const { studentTemplate } = ctx;
    const teacher = ctx.teacherOf(stage);
    const teaching = {
      ctx,
      studentTemplate,
      stage: { ...stage, samplesPerProblem: 1 },
      teacher,
      checkLength: findLengthCheck(ctx, stage),
      fitAnswer: await createAnswerFit(ctx, stage, teacher),
    };
    const round = { round: 0, temperature: stage.teacher.temperature, answers: FORGETFUL, signal: ctx.signal };
    const [attempt] = await attemptProblem(teaching, problem, round);
    return { problem, attempt: attempt! };
  }
  throw new ParallelR1Error('the stage has no problem to try');
}

/** The built-in student knows word sums only; what another teacher writes is not for it. */
function findLengthCheck(ctx: RunContext, stage: ColdStartStage): CheckLength {
  const isForeign = ctx.engine.kind === 'embedded' && listTeacherUrls(stage.teacher).length > 0;
  return isForeign ? async () => null : createLengthCheck(ctx, stage, ctx.studentTemplate);
}

function describeThinking({ status, raw, reasoning }: AttemptRecord): Finding {
  const area = 'teacher';
  if (status === 'failed') return { area, status: 'warn', detail: 'thinking section: not seen', fix: null };
  const found =
    reasoning !== null && reasoning !== ''
      ? 'thinking comes on a channel of its own'
      : /<\/?think>/.test(raw ?? '')
        ? 'thinking comes inside <think> tags, which are stripped'
        : 'no thinking section';
  return { area, status: 'ok', detail: found, fix: null };
}

function describeAttempt(problem: Problem, attempt: AttemptRecord): string {
  const { status, code, extracted, completionTokens, raw } = attempt;
  if (status === 'failed') throw new ParallelR1Error(`problem ${problem.id}: refused: ${raw}`);
  const length = completionTokens === null ? '' : `, ${completionTokens} tokens`;
  if (status === 'accepted') return `problem ${problem.id} tried: accepted, answer ${extracted}${length}`;
  // One rejected answer is no fault of the set-up.
  return `problem ${problem.id} tried: rejected as ${code}${length}; single answers often are`;
}

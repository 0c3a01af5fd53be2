import { stripThinking } from '../../core/canonicalise.ts';
import { type ColdStartStage, listTeacherUrls } from '../../core/curriculum.ts';
import { TAGS } from '../../core/grammar.ts';
import type { Problem } from '../../core/problem.ts';
import { hashSeed } from '../../core/rng.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import { attemptProblem } from '../cold-start/attempt-problem.ts';
import { type CheckLength, createLengthCheck } from '../cold-start/check-length.ts';
import { createAnswerFit } from '../cold-start/fit-answer.ts';
import type { RunContext } from '../context.ts';
import { FORGETFUL } from '../rollout/answer-log.ts';
import { pickModel } from './diagnose-engine.ts';
import { Fault, readWords, type Subject } from './faults.ts';
import { type Finding, Findings } from './finding.ts';

/** A line with all tags, for the teacher to repeat. */
const ECHO = '<Parallel><Path>one</Path><Path>two</Path></Parallel><Summary>three</Summary>';

/** Enough for a thinking model to repeat a line. */
const ECHO_TOKENS = 2048;

/**
 * Examines the teacher of a cold-start stage: its model and context, whether tags come through, one real problem.
 * `isModelNamed`: as for the engine.
 */
export async function diagnoseTeacher(
  ctx: RunContext,
  stage: ColdStartStage,
  subject: Subject,
  isModelNamed = true,
): Promise<Finding[]> {
  const findings = new Findings(subject, ctx.signal);
  const hasServers = listTeacherUrls(stage.teacher).length > 0;
  let model = stage.teacher.model;
  if (hasServers) {
    const isThere = await findings.look('teacher', async () => {
      const found = await findTeacher(ctx, stage, isModelNamed);
      model = found.id;
      if (found.isListed) return `${found.id}, ${found.maxLength ?? 'unknown'} tokens`;
      return `${ctx.teacherOf(stage).engine.url} lists no model; ${found.id} is asked for by its name`;
    });
    // Without it everything else would only fail again, after all its retries.
    if (!isThere) return findings.all;
  }
  const taught: Taught = {
    ctx,
    stage: { ...stage, teacher: { ...stage.teacher, model } },
    teacher: ctx.teacherOf(stage),
  };
  if (ctx.engine.kind !== 'embedded' || hasServers) await findings.look('teacher', () => checkEcho(taught));
  let attempt: AttemptRecord | null = null;
  await findings.look('teacher', async () => {
    const tried = await tryProblem(taught);
    attempt = tried.attempt;
    return describeAttempt(tried.problem, tried.attempt);
  });
  if (attempt !== null) tellThinking(attempt, findings);
  return findings.all;
}

/** A stage, with the model that its teacher serves, and who answers. */
interface Taught {
  readonly ctx: RunContext;
  readonly stage: ColdStartStage;
  readonly teacher: ReturnType<RunContext['teacherOf']>;
}

/**
 * The model of the teacher. Some servers load whatever they are asked for and list nothing before: there a name that was
 * given is enough. Throws `Fault` for a model that is not served, or whose context is full before the prompt has any room.
 */
async function findTeacher(ctx: RunContext, stage: ColdStartStage, isModelNamed: boolean) {
  const { engine } = ctx.teacherOf(stage);
  const { model, maxTokens } = stage.teacher;
  const models = await engine.listModels(ctx.signal);
  if (models.length === 0 && isModelNamed) return { id: model, maxLength: null, isListed: false };
  const found = pickModel(models, isModelNamed ? model : null, engine.url);
  if (found.maxLength !== null && found.maxLength <= maxTokens) {
    const detail = `${found.id} takes ${found.maxLength} tokens, which leaves no room for a prompt beside teacher.maxTokens ${maxTokens}`;
    throw new Fault('context_too_short', detail);
  }
  return { ...found, isListed: true };
}

/** Tags that are special tokens vanish from the text of a server that skips these. */
async function checkEcho({ ctx, stage, teacher: { engine, calls } }: Taught): Promise<string> {
  const prompt = `Repeat the following line exactly, and write nothing else:\n${ECHO}`;
  const request = {
    model: stage.teacher.model,
    prompt,
    n: 1,
    maxTokens: Math.min(ECHO_TOKENS, stage.teacher.maxTokens),
    temperature: 0,
    topP: 1,
    seed: hashSeed(ctx.plan.seed, 'echo'),
  };
  const [answer] = await calls.run((own) => engine.chat(request, own), ctx.signal);
  const { content } = stripThinking(answer!.content);
  const missing = TAGS.filter((tag) => !content.includes(tag));
  if (missing.length === 0) return 'tags come back as they were sent';
  const words = ['one', 'two', 'three'].every((word) => content.includes(word));
  if (words) throw new Fault('tags_stripped', `asked to repeat a line, it left out ${missing.join(' ')}`);
  return 'whether tags come back is not known: it did not repeat the line it was asked to';
}

async function tryProblem({
  ctx,
  stage,
  teacher,
}: Taught): Promise<{ readonly problem: Problem; readonly attempt: AttemptRecord }> {
  for await (const problem of ctx.readProblems(stage.problems)) {
    const { studentTemplate } = ctx;
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
  throw new Fault('problems_unreadable', 'the stage has no problem to try');
}

/** The built-in student knows word sums only; what another teacher writes is not for it. */
function findLengthCheck(ctx: RunContext, stage: ColdStartStage): CheckLength {
  const isForeign = ctx.engine.kind === 'embedded' && listTeacherUrls(stage.teacher).length > 0;
  return isForeign ? async () => null : createLengthCheck(ctx, stage, ctx.studentTemplate);
}

function tellThinking({ status, raw, reasoning }: AttemptRecord, findings: Findings): void {
  if (status === 'failed') return;
  const found =
    reasoning !== null && reasoning !== ''
      ? 'thinking comes on a channel of its own'
      : /<\/?think>/.test(raw ?? '')
        ? 'thinking comes inside <think> tags, which are stripped'
        : 'no thinking section';
  findings.good('teacher', found);
}

function describeAttempt(problem: Problem, attempt: AttemptRecord): string {
  const { status, code, extracted, completionTokens, raw } = attempt;
  if (status === 'failed') throw new Fault(readWords(raw ?? '') ?? 'refused', `problem ${problem.id}: refused: ${raw}`);
  const length = completionTokens === null ? '' : `, ${completionTokens} tokens`;
  if (status === 'accepted') return `problem ${problem.id} tried: accepted, answer ${extracted}${length}`;
  // One rejected answer is no fault of the set-up.
  return `problem ${problem.id} tried: rejected as ${code}${length}; single answers often are`;
}

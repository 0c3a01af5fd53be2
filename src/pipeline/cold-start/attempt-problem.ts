import type { Problem } from '../../core/problem.ts';
import { hashSeed } from '../../core/rng.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import { toCallFailure } from '../engine/calls.ts';
import { renderStudentPrompt } from '../engine/tokenizer.ts';
import { annotateSolution } from './annotate-solution.ts';
import { describeUnfinished, filterTaughtAnswer, type Round, type Teaching } from './filter-answer.ts';

/** One round of answers to a problem, filtered. A question that fails alone is one failed attempt. */
export async function attemptProblem(teaching: Teaching, problem: Problem, round: Round): Promise<AttemptRecord[]> {
  const { ctx, stage, teacher } = teaching;
  const { engine, calls, template, solutionTemplate } = teacher;
  const filter = solutionTemplate === null ? filterTaughtAnswer : annotateSolution;
  const seed = hashSeed(
    ctx.plan.seed,
    stage.id,
    problem.source,
    problem.id,
    ...(round.round === 0 ? [] : [round.round]),
  );
  const firstSample = round.round * stage.samplesPerProblem;
  const { model, topP } = stage.teacher;
  const { temperature } = round;
  const prompt = renderStudentPrompt((solutionTemplate ?? template).text, problem.text);
  const request = {
    model,
    prompt,
    n: stage.samplesPerProblem,
    maxTokens: teaching.fitAnswer(prompt),
    temperature,
    topP,
    seed,
  };
  const base = { problem, seed, promptHash: template.hash };
  try {
    const answers = await round.answers.recall('solve', () =>
      calls.run((own) => engine.chat(request, own), round.signal),
    );
    return await Promise.all(
      answers.map(async (answer, index) => {
        const { promptTokens, completionTokens } = answer;
        const unfinished = describeUnfinished(answer);
        const outcome =
          unfinished === null
            ? await filter(teaching, { problem, answer, index, seed: hashSeed(seed, index), round })
            : { ...NOTHING_GOT, code: 'unfinished', raw: unfinished, promptTokens, completionTokens };
        return { ...base, sample: firstSample + index, ...outcome };
      }),
    );
  } catch (error) {
    const { code, message } = toCallFailure(error);
    return [{ ...base, sample: firstSample, ...NOTHING_GOT, code, raw: message }];
  }
}

const NOTHING_GOT = {
  status: 'failed',
  reasoning: null,
  target: null,
  verdict: null,
  extracted: null,
  promptTokens: null,
  completionTokens: null,
} as const;

import type { RolloutSettings } from '../../src/core/curriculum.ts';
import { FORGETFUL } from '../../src/pipeline/rollout/answer-log.ts';
import type { CallSpec, RolloutIo } from '../../src/pipeline/rollout/trajectory-calls.ts';
import type { Completion } from '../../src/ports/engine.ts';

/** A toy token space: tags 1..6, gap 7, eos 8, plain tokens from 10 on (label ids 90, 91). */
export const TOY = { par: 1, parClose: 2, path: 3, pathClose: 4, sum: 5, sumClose: 6, gap: 7, eos: 8 } as const;

const TEXT = new Map<number, string>([
  [TOY.par, '<Parallel>'],
  [TOY.parClose, '</Parallel>'],
  [TOY.path, '<Path>'],
  [TOY.pathClose, '</Path>'],
  [TOY.sum, '<Summary>'],
  [TOY.sumClose, '</Summary>'],
  [TOY.gap, '\n'],
  [TOY.eos, '<eos>'],
]);

export const toyText = (ids: readonly number[]): string => ids.map((id) => TEXT.get(id) ?? `t${id} `).join('');

export const TOY_SETTINGS: RolloutSettings = {
  mode: 'parallel',
  paths: 2,
  maxBlocks: 4,
  maxPromptTokens: 100,
  maxResponseTokens: 200,
  maxPathTokens: 40,
  maxSummaryTokens: 20,
  reserveSummaryTokens: 10,
  reserveAnswerTokens: 10,
  minPathTokens: 4,
  temperature: 1,
  topP: 1,
  pathLabels: null,
};

/** Writes what a call samples: the ids it would emit without any limit. */
export type TokenScript = (call: CallSpec, choice: number) => readonly number[];

/**
 * An engine in process with the semantics of a stock server: stops after a stop id or the end of
 * sequence, cuts at max_tokens. Records every call.
 */
export function createToyIo(
  script: TokenScript,
  settings: Partial<RolloutSettings> = {},
  labels: readonly number[][] | null = null,
): RolloutIo & { readonly calls: CallSpec[] } {
  const calls: CallSpec[] = [];
  return {
    calls,
    clock: { sleep: async () => undefined },
    signal: new AbortController().signal,
    answers: FORGETFUL,
    settings: { ...TOY_SETTINGS, ...settings },
    eosTexts: ['<eos>'],
    binding: {
      template: { hash: '', name: 'toy', text: '{Problem}' },
      gapText: '\n',
      labels: labels?.map((ids) => ({ ids, text: toyText(ids) })) ?? null,
      tags: {
        parallelOpen: TOY.par,
        parallelClose: TOY.parClose,
        pathOpen: TOY.path,
        pathClose: TOY.pathClose,
        summaryOpen: TOY.sum,
        summaryClose: TOY.sumClose,
        gap: [TOY.gap],
        eos: [TOY.eos],
      },
    },
    complete: async (call) => {
      calls.push(call);
      await Promise.resolve();
      return Array.from({ length: call.n }, (_, choice) => cutLikeServer(call, script(call, choice)));
    },
  };
}

function cutLikeServer(call: CallSpec, wanted: readonly number[]): Completion {
  const ids: number[] = [];
  let finish: Completion['finish'] = 'length';
  for (const id of wanted) {
    if (ids.length >= call.maxTokens) break;
    ids.push(id);
    if (id === TOY.eos || call.stopTokenIds.includes(id)) {
      finish = 'stop';
      break;
    }
  }
  return { ids, text: toyText(ids), logprobs: ids.map(() => -0.5), finish, cachedTokens: null };
}

/** Which kind of call this is, read off the prompt's last token. */
export function callRole(call: CallSpec): 'main' | 'path' | 'summary' {
  if (call.stopTokenIds.includes(TOY.pathClose)) return 'path';
  if (call.stopTokenIds.includes(TOY.sumClose)) return 'summary';
  return 'main';
}

import { MAX_WORD_SUMS } from '../../core/word-sums/generate.ts';
import type { CommandSpec } from '../command.ts';
import { choice, count, flag, neededWord, one, text, word, words } from '../options.ts';
import { SERVER_OPTIONS, TEACHER_OPTIONS } from './shared-options.ts';

/** Commands for what surrounds a run: problem sets, outside servers, the embedded server. */

const seed = count(0, 2 ** 31 - 1);

/** `datasets`: problem sets. */
export const datasetsCommand = {
  name: 'datasets <what> [names..]',
  task: 'data',
  describe:
    'problem sets: pull them from a hub, list those on this machine, check files, convert GSM8K rows, find overlaps, generate word sums',
  options: {
    what: neededWord('what to do', choice(['list', 'pull', 'check', 'convert', 'overlap', 'generate'])),
    names: words('pull: a known set (gsm8k, math-500, ...) or owner/name; check, convert, overlap: JSONL files'),
    out: one('pull: folder, default ./datasets; convert: file; generate: file, default stdout', text),
    split: one('pull: train, test, ...; generate: train or heldout, which share no operands', text),
    subset: one("pull: the set's configuration, for instance main", text),
    revision: one('pull: branch, tag or commit; default main', text),
    endpoint: one("pull: the hub's address; default HF_ENDPOINT, then huggingface.co", text),
    'problem-column': one('pull: column of the problem (prompt.0.content)', text),
    'answer-column': one('pull: column of the answer', text),
    'answer-rule': one(
      'pull: the answer is the cell, what follows ####, or the last box in it',
      choice(['column', 'after-hashes', 'last-boxed']),
    ),
    'keep-duplicates': flag('pull: keep repeated problems and those with several answers'),
    'max-length': one('check: warn of problems longer than this, in characters', count(1, 10_000_000), 4000),
    level: one('generate: easy, hard, totals, chain, check, or 2 to 8 operands', text, 'easy'),
    count: one('generate: how many problems', count(1, MAX_WORD_SUMS), 100),
    seed: one('generate: another seed, other problems', seed, 1),
  },
  epilogue: 'A gated set needs a token in HF_TOKEN; it is sent to the hub only and never stored.',
} as const satisfies CommandSpec;

/** `doctor`: probing engine, teacher, trainer, recipe and store. */
export const doctorCommand = {
  name: 'doctor',
  task: 'setUp',
  describe: 'probe engine, teacher, trainer and store: what works, what does not, what to do about it',
  options: { ...SERVER_OPTIONS, ...TEACHER_OPTIONS },
  examples: [
    ['$0 doctor --config my.yaml', 'all that a configuration names'],
    ['$0 doctor --engine http://127.0.0.1:8000/v1', 'this engine alone'],
    ['$0 doctor --teacher http://127.0.0.1:8002/v1 --teacher-model MODEL', 'this teacher alone'],
    ['$0 doctor --trainer http://127.0.0.1:8001', 'this trainer alone'],
  ],
  epilogue:
    'Servers that are named are probed, and no other; where none is, the embedded ones are. Without --model, the only model of a server is taken. Exit codes: 0 all is well (warnings included), 1 something is at fault, 2 bad usage or configuration.',
} as const satisfies CommandSpec;

/** `config`: what is in force, and what each key means. */
export const configCommand = {
  name: 'config <what> [key]',
  task: 'setUp',
  describe: 'the configuration: show what is in force, print its JSON Schema, explain a key',
  options: {
    ...SERVER_OPTIONS,
    what: neededWord('what to do', choice(['show', 'schema', 'explain'])),
    key: word('explain: the key (rollout.topP, stages.rl.steps); without one the sections', text),
  },
  examples: [
    ['$0 config explain stages.rl.groupSize', 'what a key means, takes and is by default'],
    ['$0 config show --config my.yaml', 'every key, with a mark where it differs from the preset'],
  ],
} as const satisfies CommandSpec;

/** `embedded serve`: the tiny engine and trainer as a server. */
export const embeddedCommand = {
  name: 'embedded <what>',
  task: 'setUp',
  describe: 'serve: the tiny engine (vLLM interface) and trainer (Tinker API) as a server of its own',
  options: {
    what: neededWord('what to do', choice(['serve'])),
    host: one('address to listen on', text, '127.0.0.1'),
    port: one('port; 0: any free one', count(0, 65_535), 8000),
    'state-dir': one('where checkpoints are kept', text, './embedded-state'),
    threads: one('worker threads; they change no result', count(1, 64), 2),
    seed: one('of the random initial weights', seed, 7),
    family: one(
      'which problems it knows; mixed: totals, chain and check too',
      choice(['word-sums', 'mixed']),
      'word-sums',
    ),
  },
  epilogue: 'An API key is taken from EMBEDDED_API_KEY.',
} as const satisfies CommandSpec;

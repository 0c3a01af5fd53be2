import type { ColdStartStage } from '../../core/curriculum.ts';
import { RunError } from '../../errors.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';

/** So many failures of one kind in a row are the teacher's and not the questions', while nothing was accepted. */
const MOST_AT_FIRST = 8;

/** The same once something was accepted: a few questions may well be refused in a row. */
const MOST_LATER = 64;

/**
 * Ends a stage whose teacher cannot answer: failures of one kind in a row, with no answer between them. It would go through
 * all problems otherwise, and have nothing at the end.
 */
export class RefusalWatch {
  readonly #stage: Pick<ColdStartStage, 'id' | 'teacher'>;
  #hasAccepted: boolean;
  #code: string | null = null;
  #inARow = 0;

  constructor(stage: Pick<ColdStartStage, 'id' | 'teacher'>, hasAccepted: boolean) {
    this.#stage = stage;
    this.#hasAccepted = hasAccepted;
  }

  /** Takes attempts in the order in which they are stored. Throws `RunError` with what the server said and what to change. */
  add(attempts: readonly Pick<AttemptRecord, 'status' | 'code' | 'raw'>[]): void {
    for (const { status, code, raw } of attempts) {
      this.#hasAccepted ||= status === 'accepted';
      this.#inARow = status !== 'failed' ? 0 : code === this.#code ? this.#inARow + 1 : 1;
      this.#code = status === 'failed' ? code : null;
      if (this.#inARow < (this.#hasAccepted ? MOST_LATER : MOST_AT_FIRST)) continue;
      const accepted = this.#hasAccepted ? '' : ', and none was accepted';
      throw new RunError(
        `${this.#stage.id}: ${this.#inARow} questions in a row failed (${code})${accepted}; the last: ${raw}; ${adviseTeacher(this.#stage, code, raw ?? '')}`,
      );
    }
  }
}

/** The setting of a cold-start stage that a failure of its teacher suggests to change, with the words to type. */
export function adviseTeacher(
  { id, teacher }: Pick<ColdStartStage, 'id' | 'teacher'>,
  code: string | null,
  said: string,
): string {
  const key = `stages.${id}.teacher`;
  if (/context|max_tokens|max_model_len|maximum.{0,40}(?:length|tokens)|too long/i.test(said)) {
    return `ask for shorter answers: resume with --set ${key}.maxTokens=N (${teacher.maxTokens} now)`;
  }
  if (code === 'unfinished')
    return `what ends its answers is a matter of its server; ${key}.maxTokens is ${teacher.maxTokens}`;
  if (code === 'timeout') return 'give it more time: resume with --set engine.timeoutSeconds=N';
  if (code === 'odd_answer')
    return `is ${key}.url the address of a server with /v1/chat/completions? correct it: resume with --set ${key}.url=URL`;
  return `correct ${key}, and resume with --set ${key}.KEY=VALUE`;
}

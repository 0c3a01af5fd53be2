/** From this long on a user wants to know what is waited for. */
const TELL_AFTER_MS = 5_000;

export interface WaitNoticeOptions {
  /** Who is waited for: `trainer http://…`. */
  readonly who: string;
  readonly tell: (message: string) => void;
  /** Default: five seconds. */
  readonly afterMs?: number;
}

/** One wait under way. */
export interface Wait {
  /** What the latest try failed of, for the notice. */
  note(fault: string): void;
  /** The wait is over; `isAnswered`: because the server answered. */
  end(isAnswered: boolean): void;
}

/**
 * Tells what is waited for when a server takes long to take a request, and that it answers again. Many requests may wait
 * for the same server: they tell it once.
 */
export class WaitNotice {
  readonly #options: WaitNoticeOptions;
  #hasTold = false;

  constructor(options: WaitNoticeOptions) {
    this.#options = options;
  }

  /** Begins to watch a wait. The notice comes by itself and does not keep the process alive. */
  begin(what: string): Wait {
    const { who, tell, afterMs = TELL_AFTER_MS } = this.#options;
    let fault = `${what}: no answer yet`;
    const timer = setTimeout(() => {
      if (this.#hasTold) return;
      this.#hasTold = true;
      tell(`waiting for ${fault.startsWith(who) ? '' : `${who}: `}${fault}`);
    }, afterMs);
    timer.unref();
    return {
      note: (latest) => {
        fault = latest;
      },
      end: (isAnswered) => {
        clearTimeout(timer);
        if (!isAnswered) return;
        if (this.#hasTold) tell(`${who} answers again`);
        this.#hasTold = false;
      },
    };
  }
}

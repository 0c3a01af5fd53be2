import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/**
 * A headless Chromium that is driven over a pipe by the DevTools protocol: enough of it to open a page, press keys, run an
 * expression, and hear what the page complained about and asked for. No package, no download.
 */

/** Where a system has it; the variable names another one. */
const PLACES = [
  process.env.PARALLEL_R1_CHROMIUM ?? '',
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
];

/** The program, or null where there is none. */
export const CHROMIUM = PLACES.find((place) => place !== '' && existsSync(place)) ?? null;

/** Reason to skip a test; false where the browser is there. */
export const NO_CHROMIUM = CHROMIUM === null ? 'no Chromium (PARALLEL_R1_CHROMIUM names one)' : false;

/** One tab. */
export interface BrowserPage {
  /** Errors of the console, exceptions and violations of the content security policy. */
  readonly complaints: string[];
  /** Addresses that were asked for. */
  readonly requests: string[];
  /** The value of an expression; a promise is waited for. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. Rejects after ten seconds. */
  waitFor(expression: string): Promise<void>;
  /** Presses one key: `j`, `Tab`, `Enter`, `ArrowRight`. */
  press(key: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  setScheme(scheme: 'light' | 'dark'): Promise<void>;
  /** PNG of the whole page, or of the window. */
  screenshot(isWhole: boolean): Promise<Buffer>;
}

type Message = {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string };
  sessionId?: string;
};

/** A running browser. */
export class Browser implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  readonly #listeners: ((message: Message) => void)[] = [];
  #last = 0;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'parallel-r1-chromium-'));
    const flags = [
      ...[
        '--headless=new',
        '--remote-debugging-pipe',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-sync',
      ],
      ...[
        '--disable-component-update',
        '--disable-background-networking',
        '--hide-scrollbars',
        `--user-data-dir=${this.#folder}`,
      ],
    ];
    this.#process = spawn(CHROMIUM!, [...flags, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    let held = '';
    const output = this.#process.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (held + chunk).split('\0');
      held = parts.pop()!;
      for (const part of parts) this.#accept(JSON.parse(part) as Message);
    });
  }

  #accept(message: Message): void {
    const { id, result, error } = message;
    if (id === undefined) for (const listen of this.#listeners) listen(message);
    else if (error === undefined) this.#waiting.get(id)?.resolve(result as never);
    else this.#waiting.get(id)?.reject(new Error(error.message));
  }

  #send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    (this.#process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise<T>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Opens an address in a tab of its own. */
  async open(url: string): Promise<BrowserPage> {
    const { targetId } = await this.#send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.#send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    const send = <T = unknown>(method: string, params: object = {}) => this.#send<T>(method, params, sessionId);
    const page = createPage(send);
    this.#listeners.push((message) => {
      if (message.sessionId === sessionId) page.listen(message);
    });
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
    await send('Page.navigate', { url });
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function createPage(
  send: <T = unknown>(method: string, params?: object) => Promise<T>,
): BrowserPage & { listen: (message: Message) => void } {
  const complaints: string[] = [];
  const requests: string[] = [];
  const evaluate = async <T>(expression: string): Promise<T> => {
    const options = { expression, awaitPromise: true, returnByValue: true };
    type Answer = { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    const { result, exceptionDetails } = await send<Answer>('Runtime.evaluate', options);
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  };
  return {
    complaints,
    requests,
    evaluate,
    listen: ({ method, params = {} }) => {
      if (method === 'Network.requestWillBeSent') requests.push((params.request as { url: string }).url);
      if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params.exceptionDetails));
      if (method === 'Runtime.consoleAPICalled' && ['error', 'warning'].includes(params.type as string)) {
        complaints.push(JSON.stringify(params.args));
      }
      if (method === 'Log.entryAdded') {
        const { level, text } = params.entry as { level: string; text: string };
        if (level === 'error' || level === 'warning') complaints.push(text);
      }
    },
    waitFor: async (expression) => {
      const until = performance.now() + 10_000;
      while (!(await evaluate<boolean>(`Boolean(${expression})`))) {
        if (performance.now() > until) throw new Error(`never true: ${expression}; ${complaints.join('; ')}`);
        await evaluate('new Promise((resolve) => setTimeout(resolve, 20))');
      }
    },
    press: async (key) => {
      const text = key.length === 1 ? key : key === 'Enter' ? '\r' : undefined;
      const codes: Readonly<Record<string, number>> = {
        Tab: 9,
        Enter: 13,
        ArrowLeft: 37,
        ArrowUp: 38,
        ArrowRight: 39,
        ArrowDown: 40,
      };
      const options = {
        key,
        windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0),
        ...(text && { text }),
      };
      await send('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', ...options });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...options });
    },
    resize: async (width, height) => {
      await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    },
    setScheme: async (value) => {
      await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
    },
    screenshot: async (isWhole) => {
      const { data } = await send<{ data: string }>('Page.captureScreenshot', { captureBeyondViewport: isWhole });
      return Buffer.from(data, 'base64');
    },
  };
}

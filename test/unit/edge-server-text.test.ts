/**
 * What a server said, in a line of ours:
 *  1. no control character, line break or direction mark is left of any text, and it is no longer than allowed
 *  2. terminal sequences go with what they hold: colours, titles, links, the clipboard
 *  3. secrets are replaced, also at the seams of what was cut and inside sequences; short ones are no secrets
 *  4. of a long text beginning and end are kept; a cut does not split a character
 *  5. of a Python traceback what stands before it and the exception are kept, of any length
 *  6. the work does not grow with the text
 *  7. the message is found in every shape of error body; what has none is shown whole, and no nesting is too deep
 *  8. tracebacks as servers really send them (chained, of remote workers, in groups, quoted; with advice below, as JSON and as
 *     text) show the error itself, not how they begin
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { cleanServerText, readErrorBody } from '../../src/edge/server-text.ts';

const SECRET = 'sk-very-secret-0123456789';

test('1: any text', () => {
  const units = fc.array(fc.oneof(fc.nat(0xffff), fc.nat(0x9f), fc.constantFrom(27, 91, 93, 7)), { maxLength: 800 });
  const property = fc.property(units, fc.integer({ min: 10, max: 400 }), (codes, maxChars) => {
    const line = cleanServerText(String.fromCharCode(...codes), [], maxChars);
    assert.ok(!/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(line), JSON.stringify(line));
    assert.ok(line.length <= maxChars);
    assert.equal(line, line.trim());
  });
  fc.assert(property, { numRuns: 300 });
});

test('2: terminal sequences', () => {
  const cases: [string, string][] = [
    ['\u001b[1;31mred\u001b[0m\r\n  two\u0000 words', 'red two words'],
    ['a\u001b]0;title\u0007b', 'ab'],
    ['a\u001b]52;c;c2VjcmV0\u001b\\b', 'ab'],
    ['a\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'alink'],
    ['\u009b31m\u202eevil\u2066', '31m evil'],
  ];
  for (const [text, line] of cases) assert.equal(cleanServerText(text), line);
});

test('3: secrets', () => {
  const clean = (text: string, maxChars?: number) => cleanServerText(text, [SECRET, 'key'], maxChars);
  assert.equal(clean(`the key ${SECRET} is wrong`), 'the key *** is wrong');
  assert.equal(clean(`sk-very-\u001b[0msecret-0123456789`), '***');
  const parts = fc.array(fc.constantFrom(SECRET, 'x', ' ', '\u001b[0m', '\n', 'word '.repeat(500)), { maxLength: 30 });
  const hidden = SECRET.slice(0, 12);
  const property = fc.property(parts, fc.nat(5_000), fc.nat(5_000), (list, before, after) => {
    const text = `${'y'.repeat(before)}${list.join('')}${'z'.repeat(after)}`;
    for (const maxChars of [40, 300]) assert.ok(!clean(text, maxChars).includes(hidden), JSON.stringify(text));
  });
  fc.assert(property, { numRuns: 300 });
});

test('4: beginning and end', () => {
  const line = cleanServerText(`first ${'x'.repeat(1_000)} last`);
  assert.match(line, /^first x+ … x+ last$/);
  assert.equal(line.length, 300);
  assert.match(cleanServerText(`first ${'x'.repeat(1_000_000)} last`), /^first x+ … x+ last$/);
  for (let shift = 0; shift < 4; shift += 1) {
    assert.ok(cleanServerText('a'.repeat(shift) + '😀'.repeat(400)).isWellFormed());
  }
});

test('5: tracebacks', () => {
  const trace = (frames: number, exception: string) =>
    `Future failed: Traceback (most recent call last):\n${'  File "x.py", line 1, in f\n    f()\n'.repeat(frames)}${exception}\n`;
  for (const frames of [1, 20_000]) {
    assert.equal(
      cleanServerText(trace(frames, 'ValueError: bad length 7')),
      'Future failed: … ValueError: bad length 7',
    );
    const long = 'ValidationError: 1 fault\n  seq_id\n    Field required [type=missing]';
    assert.match(
      cleanServerText(trace(frames, long)),
      /^Future failed: … ValidationError: 1 fault seq_id Field required/,
    );
  }
  assert.match(
    cleanServerText(trace(2, `KeyError: ${'k'.repeat(1_000)} end`)),
    /^Future failed: … KeyError: k+ … k+ end$/,
  );
});

test('6: bounded work', () => {
  const unit = '\u001b]0;never ended \u001b[31 ';
  const small = unit.repeat(1_000);
  // What lies between the ends is not looked at: a text a thousand times as long gives the same line.
  assert.equal(cleanServerText(small + unit.repeat(999_000)), cleanServerText(small));
});

test('7: bodies', () => {
  const cases: [string, string][] = [
    ['{"error": {"message": "of OpenAI", "code": 400}}', 'of OpenAI'],
    ['{"message": "inner alone", "type": "BadRequestError"}', 'inner alone'],
    ['{"error": "of TGI", "error_type": "validation"}', 'of TGI'],
    ['{"success": false, "error_message": "of SGLang"}', 'of SGLang'],
    ['{"detail": "of FastAPI"}', 'of FastAPI'],
    ['{"detail": [{"loc": ["body", "n"], "msg": "too large"}, "odd"]}', 'body.n: too large; odd'],
    ['{"detail": {"code": 7}}', '{"code":7}'],
    ['{"error": {"error": {"message": "deep"}}}', 'deep'],
    ['{"other": 1}', '{"other": 1}'],
    [' upstream is down ', 'upstream is down'],
    ['', 'Service Unavailable'],
  ];
  for (const [body, said] of cases) assert.equal(readErrorBody(503, body), said);
  assert.equal(readErrorBody(599, ''), 'no explanation');
  const deep = `{"error":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  assert.equal(readErrorBody(500, deep), deep);
  assert.match(readErrorBody(500, `{"detail":[${deep}]}`), /nested too deeply/);
  assert.match(readErrorBody(500, `${'{"error":'.repeat(50_000)}1${'}'.repeat(50_000)}`), /nested too deeply/);
});

/** As a web framework prints it that was asked for a model of the wrong rank. */
const CHAINED = `Traceback (most recent call last):
  File "/app/server/queue.py", line 88, in run
    return handler(request)
           ^^^^^^^^^^^^^^^^
  File "/app/server/lora.py", line 41, in build
    raise KeyError(name)
KeyError: 'q_proj'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/server/api.py", line 231, in create_model
    adapter = build(spec)
  File "/app/server/lora.py", line 57, in build
    raise ValueError(f"rank {rank} is larger than max_lora_rank {limit}") from error
ValueError: rank 64 is larger than max_lora_rank 32
`;

/** As Ray sends what happened in a worker: frames without a headline. */
const REMOTE = `\u001b[36mray::Worker.create()\u001b[39m (pid=812, ip=127.0.0.1)
  File "/app/worker.py", line 17, in create
    self.model = load(path)
  File "/app/load.py", line 5, in load
    raise FileNotFoundError(path)
FileNotFoundError: no adapter in /srv/adapters/a1`;

const ADVISED = `Traceback (most recent call last):
  File "/app/model.py", line 301, in forward
    hidden = self.mlp(hidden)
RuntimeError: CUDA error: out of memory
CUDA kernel errors might be reported asynchronously at some other call.
Compile with TORCH_USE_CUDA_DSA to enable assertions.
`;

const GROUP = `  + Exception Group Traceback (most recent call last):
  |   File "/app/serve.py", line 9, in main
  |     async with group:
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/task.py", line 3, in work
    |     raise TypeError("tokens must be ids")
    | TypeError: tokens must be ids
    +------------------------------------`;

test('8: tracebacks of servers', () => {
  const long = CHAINED.replace('    return handler(request)', '    return handler(request)\n'.repeat(900));
  const cases: [string, RegExp, RegExp][] = [
    [CHAINED, /ValueError: rank 64 is larger than max_lora_rank 32$/, /KeyError|File|Traceback/],
    [long, /ValueError: rank 64 is larger than max_lora_rank 32$/, /KeyError|File|Traceback/],
    [`Failed to create model: ${REMOTE}`, /^Failed to create model: ray.*FileNotFoundError: no adapter in/, /File "/],
    [ADVISED, /^RuntimeError: CUDA error: out of memory CUDA kernel/, /hidden/],
    [GROUP, /TypeError: tokens must be ids/, /ExceptionGroup|File|raise/],
    [
      `RayTaskError(${JSON.stringify(CHAINED)})`,
      /ValueError: rank 64 is larger than max_lora_rank 32/,
      /KeyError|File/,
    ],
    [
      `${'retrying '.repeat(60)}${CHAINED}`,
      /^retrying.*ValueError: rank 64 is larger than max_lora_rank 32$/,
      /KeyError/,
    ],
  ];
  for (const [trace, shown, hidden] of cases) {
    const bodies = [
      trace,
      JSON.stringify({ detail: trace }),
      JSON.stringify({ detail: { message: trace } }),
      JSON.stringify({ detail: [{ loc: ['body'], msg: trace }] }),
      JSON.stringify({ error: { message: trace, type: 'InternalServerError', code: 500 } }),
      JSON.stringify({ error: trace }),
    ];
    for (const body of bodies) {
      const line = cleanServerText(readErrorBody(500, body)).replace(/^body: (?:… )?/, '');
      assert.match(line, shown);
      assert.doesNotMatch(line, hidden);
      assert.ok(line.length <= 300);
    }
  }
  // The seam of a cut text is dropped, because half a secret may lie there; the exception does not.
  const guarded = cleanServerText(long.replace('rank 64', `rank 64 of ${SECRET}`), [SECRET]);
  assert.match(guarded, /ValueError: rank 64 of \*\*\* is larger than max_lora_rank 32$/);
});

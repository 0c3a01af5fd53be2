/** A verification thread whose judge does what the text says: hang, hog, burn N ms, die, throw, or answer. */
import { serveCases } from '../../adapters/verify-pool/serve-cases.ts';

let judged = 0;
let isPrepared = false;

function burn(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

function hog(): never {
  const held: number[][] = [];
  for (;;) held.push(Array.from({ length: 100_000 }, (_, k) => k + held.length));
}

serveCases({
  judge: ({ gold, text }) => {
    judged += 1;
    const [word, amount] = text.split(' ');
    if (word === 'hang') for (;;) burn(1000);
    if (word === 'hog') hog();
    if (word === 'burn') burn(Number(amount));
    if (word === 'die') process.exit(3);
    if (word === 'throw') throw new TypeError('a fault of the code');
    if (word === 'prepare') return null;
    return {
      verdict: gold === text ? 'correct' : 'incorrect',
      rule: `${judged}`,
      reason: null,
      extracted: text,
      verifier: 'fault/1',
    };
  },
  prepare: async () => {
    // Longer than the deadline of the tests, the first time.
    if (!isPrepared) await new Promise((resolve) => setTimeout(resolve, 600));
    isPrepared = true;
    return () => ({ verdict: 'correct', rule: 'second look', reason: null, extracted: null, verifier: 'fault/1' });
  },
});

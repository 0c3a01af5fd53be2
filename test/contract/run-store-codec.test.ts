/**
 * Segments are packed exactly.
 *
 * 1. any pieces come back deep-equal: ids, text, log-probs (NaN, infinities, -0, float64), origin
 * 2. float32 log-probs take four bytes each, others eight
 * 3. long text and ids shrink; packing never makes a segment larger than its parts by more than its counts
 * 4. token ids come back; negative, fractional and unsafe ones are refused
 * 5. cut or flipped bytes raise RangeError or decode to something, never hang, crash or allocate without bound
 * 6. an unknown version is refused by number
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeIds, decodePieces } from '../../adapters/store-sqlite/decode-pieces.ts';
import { encodeIds, encodePieces } from '../../adapters/store-sqlite/encode-pieces.ts';
import type { Piece } from '../../src/core/trajectory.ts';
import { samplePiece } from '../support/run-store-samples.ts';

const tokenId = fc.oneof(fc.nat(150_000), fc.maxSafeNat());
const logprob = fc.oneof(fc.float(), fc.double(), fc.constantFrom(Number.NaN, -0, 0, Number.NEGATIVE_INFINITY));
const piece: fc.Arbitrary<Piece> = fc.record(
  {
    ids: fc.array(tokenId),
    text: fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string(), fc.constant('lone \ud800 surrogate')),
    logprobs: fc.oneof(fc.constant(null), fc.array(logprob), fc.array(fc.float())),
    origin: fc.constantFrom('policy', 'injected', 'prompt', 'teacher'),
  },
  { noNullPrototype: true },
);

test('1. pieces come back', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      assert.deepEqual(decodePieces(encodePieces(pieces)), pieces);
    }),
    { numRuns: 300 },
  );
});

test('2. width of log-probs', () => {
  const base = samplePiece(200);
  const bare = encodePieces([{ ...base, logprobs: null }]).length;
  const single = encodePieces([base]).length;
  const double = encodePieces([
    { ...base, logprobs: base.logprobs!.map((value, i) => (i === 7 ? 0.1 : value)) },
  ]).length;
  assert.ok(Math.abs(single - bare - 4 * 200) <= 4, `${single} ${bare}`);
  assert.ok(Math.abs(double - bare - 8 * 200) <= 4, `${double} ${bare}`);
});

test('3. long heads shrink', () => {
  const base = { ...samplePiece(500), logprobs: null };
  assert.ok(encodePieces([base]).length < 0.75 * (encodeIds(base.ids).length + base.text.length));
  const random = { ids: [], text: '', logprobs: null, origin: 'policy' as const };
  assert.ok(encodePieces([random]).length <= 8);
});

test('4. token ids', () => {
  fc.assert(
    fc.property(fc.array(tokenId), (ids) => {
      assert.deepEqual(decodeIds(encodeIds(ids)), ids);
    }),
  );
  for (const id of [-1, 0.5, 2 ** 53, Number.NaN]) assert.throws(() => encodeIds([id]), RangeError);
});

test('5. damaged bytes', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), (pieces, at, value) => {
      const bytes = encodePieces(pieces);
      bytes[at % bytes.length] = value;
      for (const damaged of [bytes, bytes.subarray(0, at % bytes.length)]) {
        try {
          decodePieces(damaged);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('6. unknown version', () => {
  const bytes = encodePieces([samplePiece(3)]);
  bytes[0] = 9;
  assert.throws(() => decodePieces(bytes), /unknown version 9/);
});

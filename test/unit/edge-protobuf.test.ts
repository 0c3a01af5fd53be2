/**
 * Protobuf messages read and written by field numbers:
 *  1. what is written is read: numbers, doubles, bytes, texts, nested messages, map entries, packed numbers
 *  2. an absent half of a map entry is its default; fields nobody asks for are passed over
 *  3. a field read as what it is not, and any bytes that are no message, are the caller's error and no other
 *  4. the bytes are those of the reference encoder
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ProtobufWriter, readFields, unpackNumbers } from '../../src/edge/protobuf.ts';

class Malformed extends Error {}
const malformed = (detail: string) => new Malformed(detail);
const read = (bytes: Uint8Array) => [...readFields(bytes, malformed)];

test('1: round trip', () => {
  const values = fc.record({
    number: fc.nat(Number.MAX_SAFE_INTEGER),
    double: fc.double(),
    bytes: fc.uint8Array({ maxLength: 400 }),
    text: fc.string({ unit: 'grapheme', maxLength: 300 }),
    packed: fc.array(fc.nat(Number.MAX_SAFE_INTEGER)),
  });
  const property = fc.property(values, ({ number, double, bytes, text, packed }) => {
    const written = new ProtobufWriter().number(1, number).double(2, double).bytes(3, bytes).text(4, text);
    written.message(5, (inner) => inner.text(1, text).message(2, (deep) => deep.bytes(1, bytes)));
    written.entry(6, text, (entry) => entry.double(2, double)).numbers(7, packed);
    const [one, two, three, four, five, six, seven] = read(written.finish());
    assert.deepEqual([one!.toNumber(), two!.toNumber(), four!.toText()], [number, double, text]);
    assert.deepEqual(new Uint8Array(three!.toBytes()), bytes);
    const [name, deep] = [...five!.fields()];
    assert.equal(name!.toText(), text);
    assert.deepEqual(new Uint8Array([...deep!.fields()][0]!.toBytes()), bytes);
    assert.deepEqual(
      six!.toEntry((value) => value.toNumber(), 0),
      [text, double],
    );
    assert.deepEqual(seven!.toNumbers(), packed);
  });
  fc.assert(property, { numRuns: 200 });
});

test('2: defaults', () => {
  const [empty] = read(new ProtobufWriter().message(1, () => {}).finish());
  assert.deepEqual(
    empty!.toEntry((value) => value.toNumber(), 7),
    ['', 7],
  );
  const entry = new ProtobufWriter().message(1, (message) => message.number(9, 1).text(1, 'key')).finish();
  assert.deepEqual(
    read(entry)[0]!.toEntry((value) => value.toNumber(), 7),
    ['key', 7],
  );
  assert.deepEqual(read(new ProtobufWriter().number(4, 3).finish())[0]!.toNumbers(), [3], 'not packed');
  // float32 and a 32-bit field that nobody asks for
  assert.equal(read(Buffer.from('0d0000803f', 'hex'))[0]!.toNumber(), 1);
});

test('3: hostile bytes', () => {
  const [number, bytes] = read(new ProtobufWriter().number(1, 1).bytes(2, new Uint8Array(3)).finish());
  assert.throws(() => number!.toBytes(), Malformed);
  assert.throws(() => bytes!.toNumber(), Malformed);
  assert.throws(() => unpackNumbers(new Uint8Array(3), 4, (view, at) => view.getInt32(at), malformed), Malformed);
  for (const hex of ['0b', '0c', '0aff', '08', '08ffffffffffffffffffff01', '00', '09aabb', '0d11', '07'])
    assert.throws(() => read(Buffer.from(hex, 'hex')), Malformed, hex);
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
    try {
      for (const field of readFields(any, malformed)) {
        for (const deeper of field.fields()) deeper.toEntry((value) => value.toText(), '');
        field.toNumbers();
      }
    } catch (error) {
      assert.ok(error instanceof Malformed, String(error));
    }
  });
  fc.assert(property, { numRuns: 2_000 });
});

test('4: bytes', () => {
  const hex = (writer: ProtobufWriter) => Buffer.from(writer.finish()).toString('hex');
  assert.equal(hex(new ProtobufWriter().number(1, 150)), '089601');
  assert.equal(hex(new ProtobufWriter().text(2, 'testing')), '120774657374696e67');
  assert.equal(hex(new ProtobufWriter().message(3, (inner) => inner.number(1, 150))), '1a03089601');
  assert.equal(hex(new ProtobufWriter().numbers(6, [3, 270, 86_942])), '3206038e029ea705');
});

/** A worker thread: runs gradient shards as they come and decodes in between, one step per turn of the event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { Decoder } from './decode/decoder.ts';
import { runShard } from './learner/run-shard.ts';
import { createRuntime } from './runtime.ts';
import { type ThreadOrder, type ThreadReport, type ThreadSeed, writeBoard } from './thread-messages.ts';

const { seed, thread } = workerData as ThreadSeed;
const runtime = createRuntime(seed);
const decoder = new Decoder(runtime, runtime.plan.decoders[thread]!);
let isScheduled = false;

function report(message: ThreadReport): void {
  parentPort!.postMessage(message);
}

function schedule(): void {
  if (isScheduled || decoder.isIdle) return;
  isScheduled = true;
  setImmediate(step);
}

function step(): void {
  isScheduled = false;
  const finished = decoder.step();
  writeBoard(runtime, thread, decoder.numbers());
  if (finished.length > 0) report({ kind: 'sampled', finished });
  schedule();
}

parentPort!.on('message', (order: ThreadOrder) => {
  switch (order.kind) {
    case 'shard':
      report({ kind: 'shard', id: order.id, result: runShard(runtime, order.shard, order.weights, order.batch) });
      break;
    case 'sample':
      decoder.add(order.id, order.request);
      break;
    case 'abort':
      decoder.abort(order.id);
      writeBoard(runtime, thread, decoder.numbers());
      break;
  }
  schedule();
});

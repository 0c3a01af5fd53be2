// Everything the module exports. Addresses are byte offsets into the imported shared memory; buffers are
// aligned to 16 bytes and lie above the first 64 KiB.
export { attendSequence, attendSequenceBackward, attendSlots, blockRows, storeKeysValues } from './attention';
export { gemm, packPanels, packPanelsTransposed, transpose } from './gemm';
export { addTo, stepAdamW, sumSquares } from './optimizer';
export { embed, embedBackward, normRows, normRowsBackward, rotate, squareRelu, squareReluBackward } from './rows';
export { logitGradient, sharpenRow, summariseLogits, targetLogprobs } from './vocabulary';

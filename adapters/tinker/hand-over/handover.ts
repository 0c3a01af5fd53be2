/**
 * How saved sampler weights reach the engine. `'path'`: the engine understands the path the trainer
 * returned (the embedded server, TuFT with its own vLLM). `archive`: the weights are downloaded and
 * unpacked below `directory`, which the engine must be able to read.
 */
export type Handover = 'path' | { readonly kind: 'archive'; readonly directory: string };

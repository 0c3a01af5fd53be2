/** The part of the WebAssembly interface this adapter uses; it stands in TypeScript's DOM library only. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
  }
  class Memory {
    readonly buffer: SharedArrayBuffer;
    /** Sizes in pages of 64 KiB. */
    constructor(size: { readonly initial: number; readonly maximum: number; readonly shared: true });
  }
}

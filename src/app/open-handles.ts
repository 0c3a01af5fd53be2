/** Handles that are closed together, last opened first. Stands in for AsyncDisposableStack, which Node 22 lacks. */
export class OpenHandles implements AsyncDisposable {
  #handles: AsyncDisposable[];

  constructor(handles: AsyncDisposable[] = []) {
    this.#handles = handles;
  }

  /** Takes over a handle and returns it. */
  keep<T extends AsyncDisposable>(handle: T): T {
    this.#handles.push(handle);
    return handle;
  }

  /** Passes all handles to a new owner; this one closes nothing any more. */
  move(): OpenHandles {
    const moved = new OpenHandles(this.#handles);
    this.#handles = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#handles.splice(0).reverse()) await handle[Symbol.asyncDispose]();
  }
}

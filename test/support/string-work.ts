/** Characters that string primitives walked or copied. */
interface WorkCount {
  characters: number;
}

/**
 * Runs `action` with counting versions of the primitives that walk a string and returns the characters
 * they saw: a measure of work that no clock and no other process can disturb.
 */
export function countStringWork(action: () => void): number {
  const count: WorkCount = { characters: 0 };
  const restore = [patchExec(count), ...patchStrings(count)];
  try {
    action();
  } finally {
    for (const undo of restore) undo();
  }
  return count.characters;
}

function replaceMethod(owner: object, name: string, method: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(owner, name)!;
  Object.defineProperty(owner, name, { ...original, value: method });
  return () => Object.defineProperty(owner, name, original);
}

/** `match`, `matchAll`, `search` and `replace` all end up here. */
function patchExec(count: WorkCount): () => void {
  const exec = RegExp.prototype.exec;
  return replaceMethod(RegExp.prototype, 'exec', function (this: RegExp, text: string) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const match = exec.call(this, text);
    count.characters += (match === null ? text.length : match.index + match[0].length) - from;
    return match;
  });
}

function patchStrings(count: WorkCount): (() => void)[] {
  const { slice, trim, trimStart, indexOf, lastIndexOf } = String.prototype;
  const add = (characters: number) => {
    count.characters += characters;
  };
  const methods: Record<string, unknown> & ThisType<string> = {
    slice(from?: number, to?: number) {
      const part = slice.call(this, from, to);
      add(part.length);
      return part;
    },
    trim() {
      add(this.length);
      return trim.call(this);
    },
    trimStart() {
      add(this.length);
      return trimStart.call(this);
    },
    indexOf(needle: string, from = 0) {
      const at = indexOf.call(this, needle, from);
      add((at < 0 ? this.length : at + needle.length) - from);
      return at;
    },
    lastIndexOf(needle: string, from?: number) {
      add(this.length);
      return lastIndexOf.call(this, needle, from);
    },
  };
  return Object.entries(methods).map(([name, method]) => replaceMethod(String.prototype, name, method));
}

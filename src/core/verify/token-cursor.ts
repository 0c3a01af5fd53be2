import { Refusal } from './limits.ts';
import type { Token } from './tokens.ts';

/** A place in a list of tokens, with what every parsing function needs to look at it and to move on. */
export class TokenCursor {
  protected readonly tokens: Token[];
  protected at = 0;

  constructor(tokens: readonly Token[]) {
    // A copy: one-digit TeX arguments cut number tokens.
    this.tokens = [...tokens];
  }

  protected peek(offset = 0): Token | undefined {
    return this.tokens[this.at + offset];
  }

  protected isOp(text: string, offset = 0): boolean {
    const token = this.peek(offset);
    return token !== undefined && token.kind === 'op' && token.text === text;
  }

  protected isName(text: string, offset = 0): boolean {
    const token = this.peek(offset);
    return token !== undefined && token.kind === 'name' && token.text === text;
  }

  protected takeOp(text: string): boolean {
    if (!this.isOp(text)) return false;
    this.at += 1;
    return true;
  }

  protected expectOp(text: string): void {
    if (!this.takeOp(text)) throw new Refusal('syntax');
  }

  protected skipOne(): void {
    if (this.at >= this.tokens.length) throw new Refusal('syntax');
    this.at += 1;
  }

  /** The text of `_1`, `_{n-1}` or `_n`. */
  protected takeSubscript(): string {
    this.expectOp('_');
    const group = this.takeOp('{');
    let text = '';
    let depth = 0;
    for (;;) {
      const token = this.peek();
      if (token === undefined) {
        if (group) throw new Refusal('syntax');
        return text;
      }
      if (group && token.text === '}' && depth === 0) {
        this.at += 1;
        return text;
      }
      if (token.text === '{') depth += 1;
      if (token.text === '}') depth -= 1;
      text += token.text;
      this.at += 1;
      if (!group) return text;
    }
  }

  protected takeEnvironmentName(): string {
    this.expectOp('{');
    let name = '';
    while (!this.takeOp('}')) {
      name += this.peek()?.text ?? '';
      this.skipOne();
    }
    return name;
  }

  /** `\text{ cm}^2`, `square feet`, `hours`: what stands behind a value and is no factor. */
  protected takeUnit(): string | null {
    let unit = '';
    for (;;) {
      const token = this.peek();
      if (token === undefined) break;
      if (token.kind === 'text' || (token.kind === 'word' && token.spaced)) unit += `${token.text} `;
      else if (unit !== '' && (token.kind === 'letter' || token.kind === 'word')) unit += token.text;
      else if (unit !== '' && token.kind === 'number' && !token.spaced) unit += token.text;
      else if (unit !== '' && (token.text === '^' || token.text === '/' || token.text === '{' || token.text === '}'))
        unit += token.text;
      else break;
      this.at += 1;
    }
    return unit === '' ? null : unit.toLowerCase().replace(/[\s.{}]+/g, '');
  }
}

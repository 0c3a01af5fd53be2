import { Refusal } from '../limits.ts';
import type { Token } from './token.ts';

/** A place in a list of tokens, with what every parsing function needs to look at it and to move on. */
export abstract class TokenCursor {
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
    const token = this.tokens[this.at + offset];
    return token !== undefined && token.kind === 'op' && token.text === text;
  }

  protected isName(text: string, offset = 0): boolean {
    const token = this.tokens[this.at + offset];
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

  protected skipOne(): Token {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Refusal('syntax');
    this.at += 1;
    return token;
  }

  /** The tokens of `_1`, `_{n-1}` or `_n`, without the braces. */
  protected takeSubscript(): readonly Token[] {
    this.expectOp('_');
    if (!this.takeOp('{')) return [this.skipOne()];
    const from = this.at;
    for (let depth = 1; depth > 0; ) {
      const { kind, text } = this.skipOne();
      if (kind === 'op' && text === '{') depth += 1;
      if (kind === 'op' && text === '}') depth -= 1;
    }
    return this.tokens.slice(from, this.at - 1);
  }

  /** Plain text in braces: the name of an environment, the columns of an array. */
  protected takeBraced(): string {
    this.expectOp('{');
    let name = '';
    while (!this.takeOp('}')) name += this.skipOne().text;
    return name;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** A regular expression literal in the source. */
export interface SourcePattern {
  /** Path below the folder that was searched, and line. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression literal in the TypeScript files below a folder, in the order of paths and lines. */
export function listPatterns(folder: URL): SourcePattern[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return files.toSorted().flatMap((path) => listFilePatterns(path, readFileSync(new URL(path, folder), 'utf8')));
}

function listFilePatterns(path: string, text: string): SourcePattern[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: SourcePattern[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push({ place: `${path}:${line + 1}`, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

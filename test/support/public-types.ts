import { join, relative } from 'node:path';
import ts from 'typescript';

/** Reads the published declarations of the package as its users get them. */

const ROOT = join(import.meta.dirname, '..', '..');

/** A program over the declarations of entries, `.d.ts` files below `dist`. */
export function openDeclarations(entries: readonly string[]): ts.Program {
  const resolution = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  return ts.createProgram([...entries], { ...resolution, target: ts.ScriptTarget.ES2024, noEmit: true });
}

/** Types and values of ours that the public declarations of an entry name and that it does not export: `Name (file)`. */
export function listUnexported(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker();
  const follow = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const file = program.getSourceFile(entry);
  if (file === undefined) throw new Error(`${entry} is not there`);
  const exported = new Set(checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map(follow));
  const missing = new Set<string>();
  const look = (node: ts.Node): void => {
    const name = findName(node);
    const symbol = name === null ? undefined : checker.getSymbolAtLocation(name);
    if (symbol !== undefined) note(follow(symbol));
    ts.forEachChild(node, look);
  };
  const note = (symbol: ts.Symbol) => {
    if (symbol.flags & ts.SymbolFlags.TypeParameter || exported.has(symbol)) return;
    const declared = symbol.declarations?.[0]?.getSourceFile().fileName ?? '';
    if (declared.startsWith(ROOT) && !declared.includes('/node_modules/'))
      missing.add(`${symbol.name} (${relative(ROOT, declared)})`);
  };
  for (const symbol of exported) for (const declaration of symbol.declarations ?? []) look(declaration);
  return [...missing].sort();
}

/** The name by which a node refers to a type or a value. */
function findName(node: ts.Node): ts.Node | null {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) return node.expression;
  if (ts.isTypeQueryNode(node)) return node.exprName;
  if (ts.isImportTypeNode(node)) return node.qualifier ?? null;
  return null;
}

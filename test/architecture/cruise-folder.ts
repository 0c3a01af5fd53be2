import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { ARCHITECTURE_RULES } from './architecture-rules.ts';

/** AssemblyScript: another language with the same file ending. */
export const NOT_TYPESCRIPT = '^adapters/embedded-lm/kernels/';

/** A broken rule and the import that breaks it. */
export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** What the cruiser saw below a folder. */
export interface Cruise {
  /** Our own modules, paths relative to the folder, sorted. */
  readonly modules: readonly string[];
  /** Imports of these modules, of whatever kind. */
  readonly imports: number;
  readonly violations: readonly Violation[];
}

/** Applies the architecture rules to the source folders below `baseDir`. */
export async function cruiseFolder(baseDir: string, folders: readonly string[]): Promise<Cruise> {
  const { output } = await cruise(
    [...folders],
    {
      baseDir,
      validate: true,
      ruleSet: { forbidden: [...ARCHITECTURE_RULES] },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      // Styles are no modules; the bundler takes them beside the script.
      exclude: { path: [NOT_TYPESCRIPT, '[.]css$'] },
    },
    {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'require', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    },
  );
  const { modules, summary } = output as ICruiseResult;
  const ours = modules.filter(({ source }) => folders.some((folder) => source.startsWith(`${folder}/`)));
  return {
    modules: ours.map(({ source }) => source).sort(),
    imports: ours.reduce((sum, { dependencies }) => sum + dependencies.length, 0),
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

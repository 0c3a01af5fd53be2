import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../src/edge/package-root.ts';
import { UsageError } from '../../src/errors.ts';

/** The page as the browser takes it. */
export interface PageBundle {
  readonly script: string;
  readonly style: string;
}

/** Where a package has the page ready, beside this module. */
const READY = { script: join(import.meta.dirname, 'page.js'), style: join(import.meta.dirname, 'page.css') };

/**
 * The page: in a package as it was bundled for it, in a source tree bundled now, which takes some 50 ms. Throws
 * `UsageError` where the bundler is not installed.
 */
export async function loadPageBundle(): Promise<PageBundle> {
  if (existsSync(READY.script)) {
    return { script: readFileSync(READY.script, 'utf8'), style: readFileSync(READY.style, 'utf8') };
  }
  return await bundlePage(join(findPackageRoot(import.meta.url), 'src', 'page'));
}

/** Bundles the sources of the page in a folder. Only a source tree has them, and the bundler. */
export async function bundlePage(folder: string): Promise<PageBundle> {
  const { build } = await importBundler();
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'main.tsx')],
    outdir: 'out',
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
    legalComments: 'inline',
  });
  const find = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  return { script: find('.js'), style: find('.css') };
}

async function importBundler(): Promise<typeof import('esbuild')> {
  try {
    return await import('esbuild');
  } catch (error) {
    throw new UsageError(
      'the page must be bundled first, and esbuild is not installed: run `npm ci` in the source tree',
      {
        cause: error,
      },
    );
  }
}

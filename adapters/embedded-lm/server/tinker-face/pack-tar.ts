import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';

/** A tar of regular files in one folder level. */
export async function packTar(files: readonly { readonly name: string; readonly content: Buffer }[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { name, content } of files) pack.entry({ name, size: content.length }, content);
  pack.finalize();
  return buffer(pack);
}

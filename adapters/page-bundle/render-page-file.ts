import { createHash } from 'node:crypto';
import type { PageBundle } from './load-page-bundle.ts';

/**
 * The page as one HTML file that opens from a disk and asks nobody for anything: script, style and data stand in it, and
 * its policy allows exactly these. `data` becomes JSON, which no browser runs.
 */
export function renderPageFile(title: string, data: unknown, { script, style }: PageBundle): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashSource(script)}'`,
    // Widths of bars and lanes are set one by one, through the object model, which needs no permission.
    `style-src '${hashSource(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Inside of a script element only `<` could end it, and JSON may spell that otherwise.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark"><title>${escapeText(title)}</title><link rel="icon" href="data:,">
<style>${style}</style></head>
<body><div id="page"></div><script type="application/json" id="data">${json}</script>
<script>${script}</script></body></html>
`;
}

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

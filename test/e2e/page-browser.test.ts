/**
 * The page in a browser (skipped where there is no Chromium):
 *  1. the keyboard alone reaches everything: a chart is read and opened, the list is walked, tabs change, cells of the heat
 *     map lead to their rollouts, a code opens its answers
 *  2. hostile model text (script and image tags, changes of direction, NUL, a line of a megabyte) is shown and never run
 *  3. nothing is asked for elsewhere, and the console has no complaint, live and in the file
 *  4. the file shows the same without a server, and holds no more than its sample
 *  5. the live page follows a writer: a new step appears without a reload
 *  6. every screen fits a phone: nothing is wider than the window
 *  7. text has the contrast of WCAG AA, in light and dark
 *  8. one held-out problem is shown before and after, live and in the file, without an id twice; each side leads to its
 *     rollout
 *  9. what the arms of an experiment came to stands beside the paper, live and in the file: a line for each set with interval
 *     and n, what differs, curves with their tables; on a phone each row shows both side by side with the names of the
 *     columns; a store without any names the command that runs it
 */
import assert from 'node:assert/strict';
import test, { after, before, type TestContext } from 'node:test';
import { loadPageBundle } from '../../adapters/page-bundle/load-page-bundle.ts';
import { renderPageFile } from '../../adapters/page-bundle/render-page-file.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { reproduceStore } from '../../src/app/reproduce-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import { collectFileReport } from '../../src/report/file-report.ts';
import { Browser, type BrowserPage, NO_CHROMIUM } from '../support/chromium.ts';
import { saveArm } from '../support/experiment-arms.ts';
import { servePage, writePageFile, writePageRun } from '../support/page-run.ts';
import * as sample from '../support/run-store-samples.ts';

const HOSTILE = `<script>window.hacked=1</script><img src="http://127.0.0.1:9/x" onerror="window.hacked=1">\u202Egnp.exe\u0000</bdi></script><svg onload=window.hacked=1>`;
const LONG = 'wide'.repeat(262_144);

let browser: Browser;
before(() => {
  if (NO_CHROMIUM === false) browser = new Browser();
});
after(() => browser?.[Symbol.asyncDispose]());

const options = { skip: NO_CHROMIUM };

async function openLive(t: TestContext, texts = { problem: 'How many?', text: 'split' }) {
  const written = writePageRun(t, texts);
  const { url } = await servePage(t, written.store, written.runId);
  const page = await browser.open(url);
  await page.waitFor(`document.querySelector('.timeline')`);
  return { ...written, page, url };
}

async function openFile(t: TestContext, texts: { problem: string; text: string }) {
  const { store, runId } = writePageRun(t, texts);
  const data = await collectFileReport(store, store.getRun(runId)!, {
    madeAtMs: 0,
    textOfToken: null,
    countProblems: async () => null,
    reproduction: reproduceStore(store),
  });
  const html = renderPageFile('a <run>', data, await loadPageBundle());
  const url = writePageFile(t, html);
  const page = await browser.open(url);
  await page.waitFor(`document.querySelector('.timeline')`);
  return { page, url, html };
}

/** Presses Tab until the focus is on what the selector names. */
async function tabTo(page: BrowserPage, selector: string): Promise<void> {
  for (let presses = 0; presses < 120; presses += 1) {
    if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)})`)) return;
    await page.press('Tab');
  }
  assert.fail(`Tab never reaches ${selector}`);
}

async function expectQuiet(page: BrowserPage, home: string): Promise<void> {
  const own = home.startsWith('file:') ? home : new URL(home).origin;
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(
    page.requests.filter((url) => !url.startsWith(own) && !url.startsWith('data:')),
    [],
  );
}

test('1: the keyboard', options, async (t) => {
  const { page, url } = await openLive(t);
  await tabTo(page, '[role=slider]');
  await page.press('ArrowLeft');
  const reading = `document.activeElement.getAttribute('aria-valuetext')`;
  const first = await page.evaluate<string>(reading);
  assert.match(first, /^step \d+ of rl-\w+: hard \d+ %$/);
  await page.press('ArrowLeft');
  assert.notEqual(await page.evaluate(reading), first);
  await page.press('Enter');
  await page.waitFor(`location.hash.startsWith('#/trajectories?stageIndex=')`);

  await page.evaluate(`location.hash = '#/trajectories'`);
  await page.waitFor(`document.querySelectorAll('.list li').length === 24 && document.querySelector('.problem')`);
  const current = `document.querySelector('.list [aria-current] a')?.getAttribute('href')`;
  const before = await page.evaluate(current);
  await page.press('j');
  await page.waitFor(`${current} !== ${JSON.stringify(before)}`);
  await page.press('k');
  await page.waitFor(`${current}?.split('id=')[1] === ${JSON.stringify(String(before).split('id=')[1])}`);
  await page.press('w');
  await page.waitFor(`document.querySelectorAll('.list li').length === 4`);
  assert.equal(await page.evaluate(`document.querySelectorAll('.list li.incorrect').length`), 4);
  await page.waitFor(`document.querySelectorAll('.group a').length === 2`);
  const attempt = `document.querySelector('.problem .note')?.textContent`;
  assert.match(await page.evaluate<string>(attempt), /attempt 0$/);
  await page.press(']');
  await page.waitFor(`${attempt}?.endsWith('attempt 1')`);

  await tabTo(page, '[role=tab]');
  await page.press('ArrowRight');
  await page.waitFor(`document.querySelectorAll('.token').length > 10`);

  await page.evaluate(`location.hash = '#/problems'`);
  await page.waitFor(`document.querySelector('.heat')`);
  await tabTo(page, '.heat td a');
  const cell = `document.activeElement.dataset.cell`;
  const from = await page.evaluate<string>(cell);
  await page.press('ArrowRight');
  assert.notEqual(await page.evaluate(cell), from);
  await page.press('Enter');
  await page.waitFor(`location.hash.includes('problem=')`);

  await page.evaluate(`location.hash = '#/cold-start'`);
  await page.waitFor(`document.querySelector('.funnel button')`);
  await tabTo(page, '.funnel button');
  await page.press('Enter');
  await page.waitFor(`document.querySelector('.answer')`);
  await expectQuiet(page, url);
});

test('2+3: hostile text', options, async (t) => {
  const texts = { problem: HOSTILE, text: `${HOSTILE} ${LONG}` };
  const live = await openLive(t, texts);
  const file = await openFile(t, texts);
  for (const { page, url } of [live, file]) {
    for (const screen of [
      '#/run',
      '#/trajectories',
      '#/problems',
      '#/cold-start?stageIndex=0',
      '#/cold-start?stageIndex=0&code=wrong_answer',
    ]) {
      await page.evaluate(`location.hash = ${JSON.stringify(screen)}`);
      await page.waitFor(screen === '#/run' ? `document.querySelector('.chart')` : `document.querySelector('bdi')`);
    }
    await page.evaluate(`location.hash = '#/trajectories'`);
    await page.waitFor(`document.querySelector('.node .model')`);
    const shown = await page.evaluate<string>(`document.querySelector('.problem h2').textContent`);
    assert.ok(shown.includes('<script>window.hacked=1</script>'), shown);
    assert.ok(shown.includes('\\u202egnp.exe\\x00</bdi>'), shown);
    for (const id of ['tab-tokens', 'tab-raw']) await page.evaluate(`document.getElementById('${id}').click()`);
    await page.waitFor(`document.querySelector('#panel .model')`);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.equal(await page.evaluate(`document.querySelectorAll('#page img, #page script').length`), 0);
    await expectQuiet(page, url);
  }
});

test('4: the file', options, async (t) => {
  const { page, url, html } = await openFile(t, { problem: 'How many?', text: LONG });
  await page.evaluate(`location.hash = '#/trajectories'`);
  await page.waitFor(`document.querySelectorAll('.list li').length > 5 && document.querySelector('.problem')`);
  await page.waitFor(`document.querySelector('.node .model')`);
  assert.match(
    await page.evaluate<string>(`document.querySelector('.node .model').textContent`),
    /more characters are not in this file/,
  );
  assert.ok(html.length < 2_000_000, `${html.length} characters`);
  await expectQuiet(page, url);
});

test('5: live', options, async (t) => {
  const { page, file, runId } = await openLive(t);
  await page.waitFor(`document.body.innerText.includes('step 2 of rl-hard')`);
  {
    using writer = openRunStore(file);
    writer.commitStep(runId, 3, 3, { 'rollout/parallel_fraction': 1, 'reward/correct_fraction': 1 });
  }
  await page.waitFor(`document.body.innerText.includes('step 3 of rl-hard')`);
});

const SCREENS = [
  '#/run',
  '#/trajectories',
  '#/trajectories?id=1',
  '#/problems',
  '#/cold-start?stageIndex=0',
  '#/paper',
];

test('6: a phone', options, async (t) => {
  const { page } = await openLive(t, { problem: `How many? ${'wide'.repeat(60)}`, text: LONG.slice(0, 2_000) });
  await page.resize(390, 844);
  for (const screen of SCREENS) {
    await page.evaluate(`location.hash = ${JSON.stringify(screen)}`);
    await page.waitFor(`document.querySelector('.card')`);
    const width = await page.evaluate<number>(
      'new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(document.documentElement.scrollWidth))))',
    );
    assert.ok(width <= 390, `${screen} is ${width} wide`);
  }
});

/** Texts whose contrast with what is painted behind them is too low: 4.5 to 1, 3 to 1 where they are large. */
const FIND_PALE = `(() => {
  const parse = (c) => { const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1; const x = canvas.getContext('2d'); x.fillStyle = c; x.fillRect(0, 0, 1, 1); return [...x.getImageData(0, 0, 1, 1).data]; };
  const mix = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] / 255 + under[i] * (1 - top[3] / 255));
  const light = (c) => { const [r, g, b] = c.map((v) => { const s = v / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { const stack = []; for (let n = e; n; n = n.parentElement) stack.push(parse(getComputedStyle(n).backgroundColor)); return stack.reverse().reduce((under, top) => mix(top, under), [255, 255, 255]); };
  const pale = [];
  const walker = document.createTreeWalker(document.getElementById('page'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const { color, fill, fontSize, fontWeight } = getComputedStyle(e);
    if (walker.currentNode.data.trim() === '' || e.closest('.hidden, .skip, option')) continue;
    const under = behind(e);
    const [a, b] = [light(mix(parse(e.namespaceURI.endsWith('svg') ? fill : color), under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(fontSize);
    const needed = size >= 24 || (size >= 18.6 && Number(fontWeight) >= 700) ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < needed) pale.push(e.className + ': ' + walker.currentNode.data.slice(0, 30) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return pale;
})()`;

test('7: contrast', options, async (t) => {
  const { page } = await openLive(t);
  for (const scheme of ['light', 'dark'] as const) {
    await page.setScheme(scheme);
    for (const screen of SCREENS) {
      await page.evaluate(`location.hash = ${JSON.stringify(screen)}`);
      await page.waitFor(`document.querySelector('main .card')`);
      if (screen === '#/trajectories') {
        await page.waitFor(`document.getElementById('tab-tokens')`);
        await page.evaluate(`document.getElementById('tab-tokens').click()`);
      }
      assert.deepEqual(await page.evaluate(FIND_PALE), [], `${scheme} ${screen}`);
    }
  }
});

test('8: the thought', options, async (t) => {
  const { store, runId } = writePageRun(t, { problem: 'How many?', text: 'split' });
  const { verdict } = sample.sampleRollout();
  const evaluate = (step: number, isRight: boolean) =>
    sample.sampleRollout({
      ...{
        stageIndex: 3,
        purpose: 'eval',
        step,
        set: 'hard',
        problem: sample.sampleProblem({ text: 'What is 2 + 2?' }),
      },
      verdict: { ...verdict!, verdict: isRight ? 'correct' : 'incorrect', extracted: isRight ? '4' : '5' },
    });
  store.saveRollouts(runId, [evaluate(0, false), evaluate(2, true)]);
  const { url } = await servePage(t, store, runId);
  const data = await collectFileReport(store, store.getRun(runId)!, {
    madeAtMs: 0,
    textOfToken: null,
    countProblems: async () => null,
    reproduction: reproduceStore(store),
  });
  const file = writePageFile(t, renderPageFile('a run', data, await loadPageBundle()));
  for (const address of [url, file]) {
    const page = await browser.open(address);
    await page.waitFor(`document.querySelectorAll('.thought .side .tree').length === 2`);
    const text = await page.evaluate<string>(`document.querySelector('.thought').textContent`);
    assert.match(text, /What is 2 \+ 2\?.*before.*5, wrong.*after.*4, right/s);
    const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map((one) => one.id)`);
    assert.equal(new Set(ids).size, ids.length, ids.join(' '));
    await page.evaluate(`document.querySelector('.thought .side.correct a').click()`);
    await page.waitFor(`/answered 4, reference 4: correct/.test(document.querySelector('.problem')?.textContent)`);
    assert.deepEqual(page.complaints, []);
  }
});

/** Where a cell is in the window, and the name of its column that is shown in it. */
interface Placed {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly name: string;
}

test('9: beside the paper', options, async (t) => {
  const { store, runId } = writePageRun(t, { problem: 'How many?', text: 'split' });
  const { url: empty } = await servePage(t, store, runId);
  const before = await browser.open(`${empty}#/paper`);
  await before.waitFor(`document.querySelectorAll('.beside').length === 4`);
  const read = (page: BrowserPage) => page.evaluate<string>(`document.getElementById('content').innerText`);
  assert.match(await read(before), /Nothing in this store .* parallel-r1 experiment all --seeds 5/);
  assert.match(await read(before), /not run: parallel-r1 experiment easy/);

  const seen = runConfigSchema.parse(PRESETS.seen);
  const base = { ...seen, engine: { ...seen.engine, model: HOSTILE } };
  for (const [seed, right] of [1, 2, 3].entries())
    saveArm(store, {
      ...{ id: `arm-${seed}`, base, preset: 'seen', arm: 'recipe', createdAtMs: 1 },
      ...{ seed, right, set: HOSTILE },
    });
  const { url } = await servePage(t, store, 'arm-0');
  const data = await collectFileReport(store, store.getRun('arm-0')!, {
    madeAtMs: 0,
    textOfToken: null,
    countProblems: async () => null,
    reproduction: reproduceStore(store),
  });
  const file = writePageFile(t, renderPageFile('an arm', data, await loadPageBundle()));
  for (const address of [url, file]) {
    const page = await browser.open(`${address}#/paper`);
    await page.waitFor(`document.querySelectorAll('.beside').length === 4`);
    const text = await read(page);
    assert.match(text, /3 arms of the newest experiment, seeds 0, 1, 2: preset seen with other engine\.model/);
    assert.doesNotMatch(text, /Nothing in this store/);
    const row = await page.evaluate<string>(
      `[...document.querySelectorAll('.beside tr')].find((one) => one.textContent.startsWith('Parallel-R1-Seen')).innerText`,
    );
    // 25, 50 and 75 %: 50 ± t(2, .975) · 25 / √3.
    assert.match(
      row,
      /arm recipe, with this run.*19\.2.*48\.9.*27\.3.*50\.0 %.*0\.0 % to 100\.0 %.*3 seeds × 4 problems/s,
    );
    for (const shown of [row, text]) assert.ok(shown.includes('<script>window.hacked=1</script>'), shown);
    assert.ok(row.includes('\\u202egnp.exe\\x00</bdi>'), row);
    assert.match(text, /335 steps of RL, 5120 and 4096 rollouts each/);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.equal(await page.evaluate(`document.querySelectorAll('#page img, #page script').length`), 0);
    await page.evaluate(`document.querySelector('.charts summary').click()`);
    await page.waitFor(`document.querySelector('.charts table')`);
    const lines = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('.charts table tr')].map((one) => [...one.children].map((cell) => cell.textContent))`,
    );
    assert.deepEqual(lines.slice(0, 2), [
      ['of the training', 'paper', 'ours'],
      ['0 %', '39 %', '25 %'],
    ]);
    await page.resize(390, 844);
    await page.waitFor('document.documentElement.scrollWidth <= 390');
    const [paper, ours] = await page.evaluate<Placed[]>(
      `['td.paper', 'td[data-column=set]'].map((one) => {
        const cell = document.querySelector('.beside tbody:has(.differs) ' + one);
        const { left, right, top } = cell.getBoundingClientRect();
        return { left, right, top, name: getComputedStyle(cell, '::before').content };
      })`,
    );
    assert.ok(0 <= paper!.left && paper!.right <= ours!.left && ours!.right <= 390, JSON.stringify([paper, ours]));
    assert.equal(paper!.top, ours!.top);
    assert.deepEqual([paper!.name, ours!.name], ['"aime25"', '"set"']);
    await expectQuiet(page, address);
  }
});

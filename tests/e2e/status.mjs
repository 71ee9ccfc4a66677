// The status page in a real browser. Usage: node status.mjs URL SCREENSHOT KILL_COMMAND START_COMMAND
import { execSync } from 'node:child_process';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const [url, screenshot, killMetrics, startMetrics] = process.argv.slice(2);
const { chromium } = createRequire(process.env.BROWSER_MODULES + '/')('playwright-core');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const errors = [];
let step = 'open';
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 1000 } });
  page.on('console', m => { if (m.type() === 'error') errors.push(m.text()); });
  page.on('pageerror', e => errors.push(String(e)));
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  // A reload would lose this.
  await page.evaluate(() => { window.sameVisit = true; });

  const rows = id => page.$$eval(`#${id} tr`, all => all.map(r => [...r.querySelectorAll('td')].map(c => c.textContent)).filter(r => r.length));
  const state = name => page.waitForFunction(([service, up]) => {
    const row = [...document.querySelectorAll('#services tr')].find(r => r.cells[0]?.textContent === service);
    return row && (row.cells[1].textContent === 'up') === up;
  }, name);

  step = 'all services up';
  await page.waitForFunction(() => { const r = [...document.querySelectorAll('#services tr')].slice(1); return r.length >= 6 && r.every(x => x.cells[1].textContent === 'up'); });
  for (const service of ['tick_ingestor', 'metrics_engine', 'bar_compressor', 'position_manager', 'broker_gateway', 'api_gateway'])
    assert.ok((await rows('services')).some(r => r[0] === service && r[1] === 'up'), `${service} is up`);

  step = 'seventeen quotes';
  await page.waitForFunction(() => document.querySelectorAll('#market tr').length === 18);
  assert.equal(await page.textContent('#data'), 'SYNTHETIC');

  step = 'quotes move';
  const quotes = async () => (await rows('market')).map(r => r.slice(0, 3).join(' ')).join('\n');
  const before = await quotes();
  await page.waitForFunction(old => [...document.querySelectorAll('#market tr')].slice(1).map(r => [...r.cells].slice(0, 3).map(c => c.textContent).join(' ')).join('\n') !== old, before);

  step = 'a position opens within a minute';
  await page.waitForFunction(() => document.querySelectorAll('#positions tr').length + document.querySelectorAll('#trades tr').length > 1);
  await page.waitForFunction(() => [...document.querySelectorAll('#market tr')].slice(1).some(r => Number.isFinite(parseFloat(r.cells[3].textContent))));
  await page.screenshot({ path: screenshot, fullPage: true });

  step = 'a killed service is shown down';
  execSync(killMetrics, { stdio: 'inherit' });
  await state(['metrics_engine', false]);
  step = 'and up again';
  execSync(startMetrics, { stdio: 'inherit' });
  await state(['metrics_engine', true]);

  step = 'end';
  assert.ok(await page.evaluate(() => window.sameVisit), 'the page was not loaded again');
  assert.ok(await page.isHidden('#link'), 'the page has an answer');
  assert.deepEqual(errors, [], 'no errors in the console');
  console.log('status page: services, 17 quotes that move, SYNTHETIC, a position, a kill and its return, no console error');
} catch (error) {
  console.error(`status page: failed at "${step}": ${error.message}`);
  if (errors.length) console.error('console:', errors.join('\n'));
  for (const page of browser.contexts().flatMap(c => c.pages())) {
    await page.screenshot({ path: screenshot.replace(/\.png$/, '.failed.png'), fullPage: true }).catch(() => {});
    console.error(await page.innerText('body').catch(() => ''));
  }
  process.exitCode = 1;
} finally {
  await browser.close();
}

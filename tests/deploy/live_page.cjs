// Looks at the live page as people do: in a browser, with a keyboard, in the dark and in the light.
//
// Usage: node live_page.cjs ADMIN-ADDRESS FOLDER
// Expects what live_page_test.py set up. Prints `stop` when the gateway should go away, and waits
// for a line before it goes on. Screenshots land in FOLDER.

"use strict";
const assert = require("node:assert");
const path = require("node:path");
const readline = require("node:readline");
const puppeteer = require("puppeteer-core");

const [address, folder] = process.argv.slice(2);
const LIMIT_MS = 20000;

async function main() {
  const browser = await puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    headless: true,
    // A container's root has no user namespaces; nothing but our own page is opened.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    await look(await browser.newPage());
  } finally {
    await browser.close();
  }
}

async function look(page) {
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`http://${address}/`)) complaints.push("asks for " + request.url());
  });
  page.on("dialog", (dialog) => complaints.push("a dialog: " + dialog.message()));
  await page.setViewport({width: 1280, height: 900});
  await page.goto(`http://${address}/`, {waitUntil: "load", timeout: LIMIT_MS});

  const text = (selector) => page.$eval(selector, (element) => element.textContent);
  const until = (condition, ...values) =>
    page.waitForFunction(condition, {timeout: LIMIT_MS}, ...values);

  // Runs with all that is said of them.
  await until(() => document.querySelectorAll("#rows tr").length === 4);
  await until(() => document.querySelector('tr[data-run="tr-half"]').textContent.includes("50 %"));
  const half = await text('tr[data-run="tr-half"]');
  assert.match(half, /running/);
  assert.match(half, /20 of 40/);
  assert.match(half, /fresh/);
  assert.match(half, /of 58 a minute/);
  assert.equal(await page.$eval('tr[data-run="tr-half"] [role=progressbar]',
                                (bar) => bar.getAttribute("aria-valuenow")), "50");
  await until(() => document.querySelector('tr[data-run="tr-half"] td:nth-child(4)').textContent === "2");
  await until(() => document.querySelector('tr[data-run="tr-done"]').textContent.includes("completed"));
  await until(() => /stale|never seen/.test(document.querySelector('tr[data-run="tr-sick"]').textContent));
  assert.match(await text('tr[data-run="tr-sick"]'), /UPSTREAM_UNAVAILABLE/);
  // Trouble comes first.
  assert.equal(await page.$eval("#rows tr", (row) => row.dataset.run), "tr-sick");
  assert.match(await text("#health-words"), /1 of \d followed runs/);
  assert.match(await text("#health-cause"), /503/);

  // It goes on by itself.
  await until(() => document.querySelectorAll("#chart-polls polyline").length === 2);
  const before = await page.evaluate(() => lastGood);
  await until((then) => lastGood > then, before);
  await until(() => Number(document.getElementById("watchers").textContent) >= 3);
  assert.equal(await text("#ready"), "ready");

  await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: "light"}]);
  const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.screenshot({path: path.join(folder, "light.png")});
  await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: "dark"}]);
  const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.screenshot({path: path.join(folder, "dark.png")});
  assert.notEqual(dark, light);
  await page.setViewport({width: 420, height: 900});
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `a narrow window has ${overflow} pixels too many`);
  await page.screenshot({path: path.join(folder, "narrow.png")});
  await page.setViewport({width: 1280, height: 900});

  // By keyboard alone.
  await page.keyboard.press("/");
  await page.keyboard.type("half run");
  await until(() => document.querySelectorAll("#rows tr").length === 1);
  await page.keyboard.press("Escape");
  await until(() => document.querySelectorAll("#rows tr").length === 4);
  await page.focus("#head th:nth-child(4) button");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.equal(await page.$eval("#head th:nth-child(4)", (head) => head.getAttribute("aria-sort")), "descending");
  assert.equal(await page.$eval("#rows tr", (row) => row.dataset.run), "tr-half");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Watchers");
  await page.keyboard.press("p");
  assert.equal(await text("#pause"), "Go on");
  await page.keyboard.press("p");
  // Everything that acts can be reached.
  const unreachable = await page.$$eval("button, a, input", (all) => all.filter((one) => one.tabIndex < 0).length);
  assert.equal(unreachable, 0);

  // What runs are called is text and nothing else.
  assert.equal(await page.$$eval("#rows img, #rows script", (found) => found.length), 0);
  assert.deepEqual(complaints, []);

  // A gateway that goes away is said to have gone.
  console.log("stop");
  await new Promise((resolve) => readline.createInterface({input: process.stdin}).once("line", resolve));
  await until(() => document.getElementById("ready").textContent === "no answer");
  assert.match(await text("#updated"), /last answer/);
  process.stdin.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

import { readFileSync } from 'node:fs'
import { html, Markup } from './html.ts'
import { packagedFile } from './packaged.ts'

/** A self-contained HTML page. `styles`: a CSS file of the package. */
export const htmlPage = (title: string, styles: string, main: Markup): string => {
  const css = new Markup(readFileSync(packagedFile(styles), 'utf8'))
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
${css}
</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`.text
}

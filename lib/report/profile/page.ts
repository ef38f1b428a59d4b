import type { Event, RunProfile } from '../../engine/events.ts'
import type { Table } from '../../resources/resource.ts'
import { duration } from '../../text/amounts.ts'
import type { Markup } from '../../text/html.ts'
import { html } from '../../text/html.ts'
import { htmlPage } from '../../text/html-page.ts'
import { profileNote, profileTables } from './lines.ts'
import { legend, timeline } from './timeline.ts'

/** The profile of a run as a self-contained HTML file. Pure, except that it reads its style sheet from the package. */
export const profilePage = (
  profile: RunProfile,
  { run, time, command }: Pick<Extract<Event, { type: 'run-start' }>, 'run' | 'time' | 'command'>,
): string =>
  htmlPage(
    `Profile of ${command}`,
    'lib/report/profile/profile.css',
    html`<h1>${command}: ${duration(profile.ms)}</h1>
<p>${time.slice(0, 19).replace('T', ' ')} UTC · run ${run}</p>
<h2>Phases of each host</h2>
${legend}
${timeline(profile)}
${profileTables(profile).map(tableOf)}
<p>${profileNote}</p>`,
  )

const tableOf = ({ title, columns, rows }: Table): Markup => html`<h2>${title}</h2>
<div class="scroll"><table>
<thead><tr>${columns.map(c => html`<th>${c}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`)}</tbody>
</table></div>`

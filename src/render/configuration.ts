import { UpdaterError } from '../errors.js'
import { httpBackendsIn } from '../haproxy/config-text.js'
import type { Service } from '../marathon/services.js'
import { type Loadable, mapPath } from './maps.js'
import { markerIn, sha256, stamp } from './marker.js'
import { renderTemplates } from './template.js'
import { type Frontends, hostLines, viewOf } from './view.js'

/** A rendered configuration, ready to be staged or written. */
export interface Configuration extends Loadable {
  marker: string
}

/** What rendering needs besides services. `live` is the real path of the live file, `templates` the operator's folder. */
export interface Rendering {
  live: string
  templates: string | undefined
  statsSocket: string | undefined
  frontends: Frontends
  resolved: boolean
}

/**
 * The configuration of these services: text with marker, and the hosts map that it names. Rejects with `bad-setup` or `no-input` for the
 * templates, and `bad-setup` where the map would name a backend that is not in the text in mode http: `haproxy -c` does not look.
 */
export async function configurationOf(
  services: Service[],
  place: Rendering,
  shownTemplates: string,
): Promise<Configuration> {
  const mapText = hostLines(services)
  const path = mapText && mapPath(place.live, sha256(mapText))
  const paths = { liveFile: place.live, templates: shownTemplates, statsSocket: place.statsSocket, hostsMap: path }
  const text = stamp(await renderTemplates(viewOf(services, place.frontends, paths, place.resolved), place.templates))
  const map = mapText && path && text.includes(path) ? { path, text: mapText } : undefined
  if (map) checkMap(map.text, text)
  return { text, marker: markerIn(text) ?? '', map }
}

function checkMap(mapText: string, text: string): void {
  const backends = httpBackendsIn(text)
  for (const line of mapText.trimEnd().split('\n')) {
    const [host, backend = ''] = line.split(' ')
    if (backends.has(backend)) continue
    throw new UpdaterError(
      'bad-setup',
      `the templates give no backend ${backend} with "mode http", which host ${host} is routed to; mend the backends template`,
    )
  }
}

import { UpdaterError } from '../errors.js'
import { httpBackendsIn } from '../haproxy/config-text.js'
import type { Service } from '../marathon/services.js'
import { type Loadable, type MapFile, type MapKind, mapPath, mapsLine } from './maps.js'
import { markerIn, stamp } from './marker.js'
import { routingOf } from './routing.js'
import { templatesIn } from './template.js'
import { type Frontends, type View, viewOf } from './view.js'

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
 * The configuration of these services: text with marker, and the maps that it names. `renderText`: templates that are open already. Rejects with `bad-setup` or `no-input` for the
 * templates, and `bad-setup` where a map would name a backend that is not in the text in mode http: `haproxy -c` does not look.
 */
export async function configurationOf(
  services: Service[],
  place: Rendering,
  shownTemplates: string,
  renderText = templatesIn(place.templates),
): Promise<Configuration> {
  const { view, maps } = routedView(services, place, shownTemplates)
  const rendered = await renderText(view)
  const named = maps.filter(({ path }) => rendered.includes(path))
  const text = stamp(rendered + mapsLine(named))
  checkMaps(named, text)
  return { text, marker: markerIn(text) ?? '', maps: named }
}

/** What the templates are given for these services, and the maps that it names. */
export function routedView(
  services: Service[],
  place: Rendering,
  shownTemplates: string,
): { view: View; maps: MapFile[] } {
  const routing = routingOf(services, place.frontends.appId !== undefined)
  const map = (kind: MapKind): MapFile | undefined => {
    const text = routing[kind]
    return text === undefined ? undefined : { path: mapPath(place.live, kind, text), text }
  }
  const maps = { hosts: map('hosts'), paths: map('paths'), apps: map('apps') }
  const paths = { liveFile: place.live, templates: shownTemplates, statsSocket: place.statsSocket }
  const routes = {
    hostsMap: maps.hosts?.path,
    pathsMap: maps.paths?.path,
    appsMap: maps.apps?.path,
    pathBytes: routing.pathBytes,
  }
  const view = viewOf(services, place.frontends, { ...paths, ...routes }, place.resolved)
  return { view, maps: Object.values(maps).flatMap((file) => file ?? []) }
}

function checkMaps(maps: MapFile[], text: string): void {
  const backends = httpBackendsIn(text)
  for (const line of maps.flatMap((map) => map.text.trimEnd().split('\n'))) {
    const [key, backend = ''] = line.split(' ')
    if (backends.has(backend)) continue
    throw new UpdaterError(
      'bad-setup',
      `the templates give no backend ${backend} with "mode http", which ${key} is routed to; mend the backends template`,
    )
  }
}

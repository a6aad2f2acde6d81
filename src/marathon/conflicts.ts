import type { Service } from './services.js'

/**
 * The services with every service port and every host given to one of them only: the first by app id and port index. Ports in
 * `reserved` (those of the tool's own frontends, by name) are given to none. Who loses a port keeps its hosts, and the other way
 * round; each loss is one warning. Takes the services in the order of app id and port index.
 */
export function settleConflicts(
  services: Service[],
  reserved: ReadonlyMap<number, string>,
): { services: Service[]; warnings: string[] } {
  const ports = new Map<number, string>([...reserved].map(([port, frontend]) => [port, `the ${frontend} frontend`]))
  const hosts = new Map<string, string>()
  const warnings: string[] = []
  const take = <K>(taken: Map<K, string>, key: K, service: Service, what: string): boolean => {
    const owner = taken.get(key)
    const self = `${service.appId} port ${service.portIndex}`
    if (owner === undefined) taken.set(key, self)
    else warnings.push(`${self} does not get ${what} ${key}: ${owner} has it`)
    return owner === undefined
  }
  const settled = services.map((service) => ({
    ...service,
    servicePort:
      service.servicePort !== undefined && take(ports, service.servicePort, service, 'service port')
        ? service.servicePort
        : undefined,
    vhosts: service.vhosts.filter((host) => take(hosts, host, service, 'host')),
  }))
  return { services: settled, warnings }
}

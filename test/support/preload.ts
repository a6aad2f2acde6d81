/** What makes Node run this module before the program: for `nodeArgs`. */
export const preload = (code: string): string[] => ['--import', `data:text/javascript,${encodeURIComponent(code)}`]

/** Makes the program ask this DNS server (`address:port`), as if /etc/resolv.conf named it: for `nodeArgs`. */
export const asking = (dns: string): string[] =>
  preload(`
    import { Resolver } from 'node:dns/promises'
    const told = new WeakSet()
    for (const name of ['resolve4', 'resolve6']) {
      const resolve = Resolver.prototype[name]
      Resolver.prototype[name] = function (...args) {
        if (!told.has(this)) this.setServers(['${dns}'])
        told.add(this)
        return resolve.apply(this, args)
      }
    }`)

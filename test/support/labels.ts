/** Labels of an app's first port, given by what follows its prefix. */
export const labels = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`HAPROXY_0_${name}`, value]))

/** An AUTH of this realm that lets bob pass with the password "secret". */
export const authOfBob = (realm: string): string => `${realm}:bob:$5$pinch$gPVt.FO5hIsAtt5iNWUPouHdxsj77Mq6uAJ9Bpf3ZuD`

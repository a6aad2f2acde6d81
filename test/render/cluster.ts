import { app, httpCheck } from '../support/apps.js'
import { authOfBob, labels } from '../support/labels.js'

const check = (protocol: string, more = {}) => ({
  ...httpCheck,
  protocol,
  intervalSeconds: 5,
  timeoutSeconds: 3,
  ...more,
})

/**
 * Three modes of networks, every kind of check, agents by name, IPv4 and IPv6, a service without servers, one that is being
 * replaced, and whatever else labels may say, once.
 */
export const cluster = [
  app('/shop/web', {
    ports: [10000],
    labels: labels({
      VHOST: 'www.shop.test,shop.test',
      REDIRECT_TO_HTTPS: 'true',
      USE_HSTS: 'true',
      HTTP_BACKEND_REDIR: "/it's?100%25",
    }),
    healthChecks: [check('MESOS_HTTP', { path: `/health?who=it's#me` })],
    tasks: [
      { host: 'localhost', ports: [31001] },
      { host: '127.0.0.2', ports: [31002] },
      { host: '127.0.0.2', ports: [31001] },
    ],
  }),
  app('/shop/pay', {
    ports: [10001],
    labels: labels({
      VHOST: 'pay.shop.test',
      AUTH: authOfBob('Pay staff'),
      BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8 fd00::/8 127.0.0.1',
      REDIRECT_TO_HTTPS: 'true',
      USE_HSTS: 'true',
      STICKY: 'true',
      HTTP_BACKEND_REDIR: 'https://www.shop.test/pay',
      HTTP_BACKEND_PROXYPASS_PATH: '/pay',
      HTTP_BACKEND_REVPROXY_PATH: '/pay',
      BIND_ADDR: '10.0.0.1',
      BIND_OPTIONS: 'ssl-min-ver TLSv1.2 ciphers HIGH:!aNULL',
      SSL_CERT: '/etc/haproxy/site.pem',
    }),
    healthChecks: [check('HTTPS', { path: '/', maxConsecutiveFailures: 0 })],
    tasks: [{ host: 'fd00::2', ports: [31003] }],
  }),
  app('/shop/cart', {
    ports: [10005],
    labels: labels({
      VHOST: 'shop.test,www.shop.test',
      PATH: "/my.cart%20(it's) /basket/",
      HTTP_BACKEND_PROXYPASS_PATH: "/my.cart%20(it's)",
      HTTP_BACKEND_REVPROXY_PATH: "/my.cart%20(it's)",
    }),
  }),
  app('/shop/blue', {
    ports: [10006],
    labels: {
      ...labels({ STICKY: 'true', BALANCE: 'uri depth 2', VHOST: 'new.shop.test', PATH: '/a/b' }),
      HAPROXY_DEPLOYMENT_GROUP: 'color',
      HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-01T00:00:00',
    },
    tasks: 2,
  }),
  app('/shop/green', {
    ports: [10007],
    labels: {
      ...labels({ VHOST: 'new.shop.test', PATH: '/a/b' }),
      HAPROXY_DEPLOYMENT_GROUP: 'color',
      HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-02T00:00:00',
      HAPROXY_DEPLOYMENT_TARGET_INSTANCES: '2',
    },
  }),
  app('/db', {
    mode: 'container',
    ports: [10002],
    labels: labels({
      BALANCE: 'source',
      BACKEND_NETWORK_ALLOWED_ACL: Array.from({ length: 51 }, (_, at) => `10.0.${at}.0/24`).join(),
    }),
    healthChecks: [check('TCP')],
    tasks: [{ ipAddresses: [{ ipAddress: 'fd00::db', protocol: 'IPv6' }] }],
  }),
  app('/cache/my_own', {
    mode: 'bridge',
    ports: [10003, 10004],
    labels: { HAPROXY_1_MODE: 'http', HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: '1' },
    healthChecks: [check('HTTP', { portIndex: 1 })],
    tasks: 1,
  }),
  app('/idle', { ports: [10008], tasks: 0 }),
]

#!/usr/bin/env node
// From Node 24 on, code that was compiled before starts faster; it is kept beside the code itself, and is as safe there.
if (parseInt(process.versions.node, 10) >= 24)
  require('node:module').enableCompileCache(`${__dirname}/../dist/.compiled`)
require('../dist/cli.js').main(process.argv)

#!/usr/bin/env node
'use strict';
const name = 1, process_ = process;
const text = require('fs').readFileSync(0, 'utf8');
console.log(text.split(/\s+/).filter(Boolean).map(Number).slice(1).reduce((a, b) => a + b, 0));
if (require.main === module) return;
throw new Error();

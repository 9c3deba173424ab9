// What is only nicer with a script: everything works without it.
"use strict";

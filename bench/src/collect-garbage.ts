/** Put before a server, `node --expose-gc --import collect-garbage.js server.js`, so that its starter can ask for it. */
process.on('message', (message) => {
  if (message !== 'collect garbage') return;
  for (let time = 0; time < 3; time += 1) global.gc!(); // what one frees may hold more
  process.send!('garbage is collected');
});

/*
 * libnftables, opened when it is first needed: it reads the ruleset's text. One context is kept, in the network
 * namespace in which the shim started.
 */
#ifndef FLOTILLA_NFT_H
#define FLOTILLA_NFT_H

/* Runs one transaction. NULL when it went well, else what is wrong, valid until the next call. */
const char *nft_run(const char *text);

#endif

/** A certificate with its key, and one of another authority, in PEM: made for tests, valid until 2126, of use nowhere. */
export const pems = {
  "ca.pem": pem(
    "CERTIFICATE",
    "MIIBcTCCARegAwIBAgIUAm5/ne8Hri0/RP5nAIGSgwrnf90wCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EwIBcNMjYxMTI4" +
      "MDUwMjA2WhgPMjEyNjExMDQwNTAyMDZaMA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWWraHaGJ" +
      "f869147FTb/1dYwd0sUzY04t0dORGtsn6vd+iXyvqBByZkdllejRjuwj2n6ura2Mvbq575xBIZ8NbqNTMFEwHQYDVR0OBBYE" +
      "FGdpZ4NGENRlnQKTj52gELSekKosMB8GA1UdIwQYMBaAFGdpZ4NGENRlnQKTj52gELSekKosMA8GA1UdEwEB/wQFMAMBAf8w" +
      "CgYIKoZIzj0EAwIDSAAwRQIgE850pl5jmU6XVj8ekKmokEpgPbeGVY3xS0YL88qvuiYCIQCOyLUNElRvobBdKPNUyVZarq9E" +
      "Ke3aUohLpp5gyjIaUQ==",
  ),
  "cert.pem": pem(
    "CERTIFICATE",
    "MIIBdDCCARugAwIBAgIUN2J/khQHD8YfFqkcwnP6z0IRuHcwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEY2VydDAgFw0yNjEx" +
      "MjgwNTAyMDZaGA8yMTI2MTEwNDA1MDIwNlowDzENMAsGA1UEAwwEY2VydDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPBK" +
      "fbh2LCQUUrZRTcVOEv8Q3rdXD9TGwkswIPeyelTLS9zwdau5Oncf2eLG1AKpLZeJUhRWPcpulTSpSVALKIujUzBRMB0GA1Ud" +
      "DgQWBBQvCEm7jiVvXh5hdFKHM/I1Z5TzATAfBgNVHSMEGDAWgBQvCEm7jiVvXh5hdFKHM/I1Z5TzATAPBgNVHRMBAf8EBTAD" +
      "AQH/MAoGCCqGSM49BAMCA0cAMEQCIErO1Jr+NWvXj+9Is89uMFgjV1F6t4KcXs03o7br06U9AiAwF35/CkMW24MyB9lSvDSX" +
      "OiWrKcIhux6J1+L+RKaUEg==",
  ),
  "key.pem": pem(
    "PRIVATE KEY",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfWhldnwEmCwQIPM/+O0oagWxxmPg9/Dy9JVVeEtgItihRANC" +
      "AATwSn24diwkFFK2UU3FThL/EN63Vw/UxsJLMCD3snpUy0vc8HWruTp3H9nixtQCqS2XiVIUVj3KbpU0qUlQCyiL",
  ),
};

function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body.replaceAll(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
}

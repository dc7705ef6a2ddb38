{
  # The core is a library of its own because node-gyp puts Node's include directory, which holds the headers of Node's own
  # OpenSSL, before the system's: only the binding may see it.
  'variables': {
    'strict_flags': ['-std=c++20', '-fno-exceptions', '-fno-rtti', '-O3', '-fvisibility=hidden', '-ffunction-sections',
                     '-fdata-sections', '-Wall', '-Wextra', '-Wshadow', '-Werror', '-Wno-cast-function-type', '-flto', '-ffat-lto-objects'],
  },
  'target_defaults': {
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-omit-frame-pointer'],
    'cflags_cc': ['<@(strict_flags)'],
  },
  'targets': [
    {
      'target_name': 'core',
      'type': 'static_library',
      'sources': ['<!@(find native/base native/protocol native/reactor native/net native/session -name "*.cc" | sort)'],
      'include_dirs!': [
        '<(node_root_dir)/include/node',
        '<(node_root_dir)/src',
        '<(node_root_dir)/deps/openssl/config',
        '<(node_root_dir)/deps/openssl/openssl/include',
      ],
      'include_dirs': ['native'],
      # Named so that objects are made anew when OpenSSL is upgraded: its headers and its code must be of one version.
      'defines': ['NTYWS_OPENSSL_INSTALLED=<!(stat -c %Y "$(g++ -print-file-name=libcrypto.a)")'],
    },
    {
      'target_name': 'ntyws',
      'dependencies': ['core'],
      'sources': ['<!@(find native/binding -name "*.cc" | sort)'],
      'include_dirs': ['native'],
      'cflags_cc': ['-isystem', '<!(node -p "require(\'path\').dirname(require.resolve(\'node-addon-api\'))")'],
      # OpenSSL and the C++ library are linked in and hidden: the addon neither binds to the OpenSSL inside node nor needs
      # one on the machine it runs on.
      'libraries': ['-l:libssl.a', '-l:libcrypto.a'],
      # Never unloaded: OpenSSL frees what it keeps for a thread when the thread ends, which may be after the addon of a
      # worker would have gone.
      'ldflags': ['-flto', '-O3', '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', '-Wl,-z,nodelete', '-static-libstdc++',
                  '-static-libgcc'],
    },
  ],
}
